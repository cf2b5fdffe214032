import type { Property } from './property.ts';

/** More than any card of a person has; what is longer is an attempt to keep us busy. */
const MAX_PROPERTIES = 500;

export type ReadResult =
  | { readonly outcome: 'read'; readonly version: '3.0' | '4.0'; readonly properties: readonly Property[] }
  /** `reason` is a sentence that quotes nothing of the card. */
  | { readonly outcome: 'invalid'; readonly reason: string };

const HEAD = /^(?:([A-Za-z0-9-]+)\.)?([A-Za-z0-9-]+)$/u;

/** Reads one vCard of version 3.0 or 4.0. Lenient in what old phones write, strict in what it means. */
export function readVCard(text: string): ReadResult {
  const lines = text
    .replace(/^\uFEFF/u, '')
    .replace(/\r\n?/gu, '\n')
    .replace(/\n[ \t]/gu, '')
    .split('\n')
    .map((content, index) => ({ content, at: index + 1 }))
    .filter(({ content }) => content.trim() !== '');
  if (lines.length > MAX_PROPERTIES) {
    return invalid(`It has more than ${MAX_PROPERTIES} lines.`);
  }
  const properties: Property[] = [];
  for (const { content, at } of lines) {
    const parsed = parseLine(content);
    if (parsed === null) {
      return invalid(`Line ${at} (unfolded) is no property: NAME;PARAMETERS:VALUE is expected.`);
    }
    properties.push(parsed);
  }
  const is = (index: number, name: string) => {
    const found = properties.at(index);
    return found?.name === name && found.value.trim().toUpperCase() === 'VCARD';
  };
  const frames = properties.filter(({ name }) => name === 'BEGIN' || name === 'END').length;
  if (!is(0, 'BEGIN') || !is(-1, 'END') || frames !== 2) {
    return invalid('It must be exactly one card, from BEGIN:VCARD to END:VCARD.');
  }
  const version = properties.find(({ name }) => name === 'VERSION')?.value.trim();
  if (version !== '3.0' && version !== '4.0') {
    return invalid('Its VERSION must be 3.0 or 4.0.');
  }
  const inner = properties.slice(1, -1).filter(({ name }) => name !== 'VERSION');
  return inner.some(({ name, value }) => name === 'FN' && value.trim() !== '')
    ? { outcome: 'read', version, properties: inner }
    : invalid('It lacks FN, the name that is shown.');
}

function parseLine(content: string): Property | null {
  const colon = outside(content, ':')[0];
  if (colon === undefined) {
    return null;
  }
  const cuts = outside(content.slice(0, colon), ';');
  const pieces = [-1, ...cuts].map((cut, index) => content.slice(cut + 1, cuts[index] ?? colon));
  const head = HEAD.exec(pieces[0]?.trim() ?? '');
  if (head?.[2] === undefined) {
    return null;
  }
  const params = new Map<string, string[]>();
  for (const piece of pieces.slice(1)) {
    const equals = piece.indexOf('=');
    // `TEL;CELL:` of version 2.1 still stands in cards that call themselves 3.0.
    const key = equals === -1 ? 'TYPE' : piece.slice(0, equals).trim().toUpperCase();
    const written = piece.slice(equals + 1);
    const commas = outside(written, ',');
    const values = [-1, ...commas].map((cut, index) =>
      unquote(written.slice(cut + 1, commas[index] ?? written.length)),
    );
    params.set(key, [...(params.get(key) ?? []), ...values]);
  }
  return {
    group: head[1] ?? null,
    name: head[2].toUpperCase(),
    params,
    value: content.slice(colon + 1),
  };
}

/** Where a sign stands that no quotes enclose. */
function outside(text: string, sign: string): number[] {
  const found: number[] = [];
  let isQuoted = false;
  for (let index = 0; index < text.length; index += 1) {
    if (text[index] === '"') {
      isQuoted = !isQuoted;
    } else if (text[index] === sign && !isQuoted) {
      found.push(index);
    }
  }
  return found;
}

/** Without quotes, and with the carets of RFC 6868 resolved. */
function unquote(value: string): string {
  return value
    .trim()
    .replace(/^"(.*)"$/su, '$1')
    .replace(/\^([n'^])/gu, (_, sign: string) => (sign === 'n' ? '\n' : sign === "'" ? '"' : '^'));
}

function invalid(reason: string): ReadResult {
  return { outcome: 'invalid', reason };
}
