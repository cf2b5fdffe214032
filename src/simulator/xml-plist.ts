import { isArray, type PlistValue } from './binary-plist.ts';

const HEAD = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
`;

/** 2001-01-01T00:00:00Z in Unix milliseconds. */
const APPLE_EPOCH_MS = 978_307_200_000;

/** The same value as a property list in XML, the form that Messages' own columns sometimes have too. */
export function encodeXmlPlist(root: PlistValue): Buffer {
  return Buffer.from(`${HEAD}${element(root)}\n</plist>\n`, 'utf8');
}

function element(value: PlistValue): string {
  if (typeof value === 'boolean') {
    return value ? '<true/>' : '<false/>';
  }
  if (typeof value === 'number') {
    return `<integer>${value}</integer>`;
  }
  if (typeof value === 'string') {
    return `<string>${escaped(value)}</string>`;
  }
  if (Buffer.isBuffer(value)) {
    return `<data>\n${value.toString('base64')}\n</data>`;
  }
  if (isArray(value)) {
    return `<array>${value.map((item) => element(item)).join('')}</array>`;
  }
  if ('real' in value) {
    return `<real>${value.real}</real>`;
  }
  if ('date' in value) {
    const moment = new Date(APPLE_EPOCH_MS + value.date * 1000);
    return `<date>${moment.toISOString().replace(/\.\d+Z$/u, 'Z')}</date>`;
  }
  if ('uid' in value) {
    return `<dict><key>CF$UID</key><integer>${value.uid}</integer></dict>`;
  }
  const pairs = Object.entries(value.dictionary).map(
    ([key, item]) => `<key>${escaped(key)}</key>${element(item)}`,
  );
  return `<dict>${pairs.join('')}</dict>`;
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
