import type { Property } from './property.ts';

/** RFC 2426 §2.6: lines longer than 75 octets are folded, the line break not counted. */
const LINE_BYTES = 75;

// What no line may hold: a line break would begin another property, the other control characters are nowhere allowed.
const CONTROL = /[\p{Cc}\u2028\u2029]/gu;

export function withoutControls(text: string): string {
  return text.replace(CONTROL, '');
}

/** A vCard 3.0 of these properties, with what frames them. CRLF at each end of a line, UTF-8, folded. */
export function writeVCard(properties: readonly Property[]): string {
  return ['BEGIN:VCARD', 'VERSION:3.0', ...properties.map(line), 'END:VCARD']
    .map((content) => `${fold(content)}\r\n`)
    .join('');
}

function line({ group, name, params, value }: Property): string {
  const head = group === null ? name : `${group}.${name}`;
  // One by one, as Apple's own Contacts writes them: `type=CELL;type=pref`.
  const given = [...params].flatMap(([key, values]) => values.map((one) => `;${key}=${paramValue(one)}`));
  return `${head}${given.join('')}:${withoutControls(value)}`;
}

/** A quoted value cannot hold a quote; vCard 3.0 has no escape for it. */
function paramValue(value: string): string {
  const clean = value.replace(CONTROL, ' ').replace(/"/gu, "'");
  return /^[\w.+/-]*$/u.test(clean) ? clean : `"${clean}"`;
}

/** Breaks between characters, never within one: a reader that unfolds bytes and one that unfolds text see the same. */
function fold(content: string): string {
  let folded = '';
  let bytes = 0;
  for (const character of content) {
    const size = Buffer.byteLength(character);
    if (bytes + size > LINE_BYTES) {
      folded += '\r\n ';
      bytes = 1;
    }
    folded += character;
    bytes += size;
  }
  return folded;
}
