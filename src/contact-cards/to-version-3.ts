import { embedded } from './contact-card.ts';
import { components, escapeText, property, unescapeText, type Property } from './property.ts';

/** Values that hold a list or components: their separators mean something, so they are not touched. */
const STRUCTURED: ReadonlySet<string> = new Set(['N', 'ADR', 'ORG', 'NICKNAME', 'CATEGORIES', 'GEO']);
/** Single texts: written anew, because 4.0 need not escape what 3.0 must. */
const TEXTS: ReadonlySet<string> = new Set(['FN', 'NOTE', 'TITLE', 'ROLE']);
const EMBEDDED: ReadonlySet<string> = new Set(['PHOTO', 'LOGO', 'SOUND', 'KEY']);
/** Properties that 3.0 lacks and that mean nothing to Contacts. */
const DROPPED: ReadonlySet<string> = new Set([
  'CALADRURI',
  'CALURI',
  'CLIENTPIDMAP',
  'FBURL',
  'GENDER',
  'KIND',
  'LANG',
  'MEMBER',
  'RELATED',
  'XML',
]);
/** Parameters that 3.0 has. The others of 4.0 are dropped, names of one's own (X-…) kept. */
const KEPT_PARAMS: ReadonlySet<string> = new Set(['TYPE', 'VALUE', 'ENCODING', 'CHARSET', 'LANGUAGE']);
/** `VALUE` types that 3.0 does not know, or that say what is so anyway. */
const DROPPED_VALUES: ReadonlySet<string> = new Set([
  'date-and-or-time',
  'text',
  'timestamp',
  'language-tag',
]);
const DATA_URI = /^data:(?:image|audio|application)\/([\w.+-]+)(?:;[\w=.+-]+)*;base64,([A-Za-z0-9+/=]+)$/u;
/** Apple's year for a birthday without one, with a parameter that says so. */
const NO_YEAR = '1604';

/** The properties of a card of version 4.0 (or 3.0, which only gets tidied) as version 3.0 has them. */
export function toVersion3(properties: readonly Property[]): Property[] {
  const kept = properties.filter(({ name }) => !DROPPED.has(name)).flatMap(convert);
  if (kept.some(({ name }) => name === 'N')) {
    return kept;
  }
  // 4.0 allows a card without N, 3.0 does not.
  const shown = kept.find(({ name }) => name === 'FN');
  return [property('N', `;${shown?.value ?? ''};;;`), ...kept];
}

function convert(one: Property): Property[] {
  const { name, value } = one;
  const params = convertParams(one);
  if (name === 'BDAY' || name === 'ANNIVERSARY') {
    return convertDate(one);
  }
  if (EMBEDDED.has(name)) {
    const data = DATA_URI.exec(value);
    if (data?.[1] !== undefined && data[2] !== undefined) {
      return [
        { ...embedded(data[1].replace('svg+xml', 'svg').toUpperCase(), data[2], name), group: one.group },
      ];
    }
    return value.startsWith('data:') ? [] : [{ ...one, params }];
  }
  if (name === 'TEL') {
    params.delete('VALUE');
    return [
      {
        ...one,
        params,
        value: escapeText(unescapeText(value).replace(/^tel:/iu, '').replace(/;ext=/iu, ',')),
      },
    ];
  }
  if (TEXTS.has(name)) {
    return [{ ...one, params, value: escapeText(unescapeText(value)) }];
  }
  if (STRUCTURED.has(name)) {
    return [{ ...one, params, value: rewritten(value) }];
  }
  return [{ ...one, params }];
}

/** The same parts, each escaped as 3.0 asks. */
function rewritten(value: string): string {
  return components(value, ';')
    .map((part) =>
      components(part, ',')
        .map((item) => escapeText(unescapeText(item)))
        .join(','),
    )
    .join(';');
}

function convertParams({ params }: Property): Map<string, readonly string[]> {
  const converted = new Map<string, readonly string[]>();
  for (const [key, values] of params) {
    if (KEPT_PARAMS.has(key) || key.startsWith('X-')) {
      // 4.0 also writes a list within quotes: `TYPE="voice,cell"`.
      converted.set(key, key === 'TYPE' ? values.flatMap((value) => value.split(',')) : values);
    }
  }
  if (params.get('PREF')?.[0] === '1') {
    converted.set('TYPE', [...(converted.get('TYPE') ?? []), 'pref']);
  }
  if (converted.get('VALUE')?.some((value) => DROPPED_VALUES.has(value.toLowerCase())) === true) {
    converted.delete('VALUE');
  }
  return converted;
}

/** 4.0 writes `19960415`, `--0415` and parts of dates; 3.0 knows whole dates, and Apple a way to leave out the year. */
function convertDate(one: Property): Property[] {
  const name = one.name === 'BDAY' ? 'BDAY' : 'X-ANNIVERSARY';
  const whole = /^(\d{4})-?(\d{2})-?(\d{2})(?:T.*)?$/u.exec(one.value.trim());
  if (whole !== null) {
    return [{ ...one, name, params: new Map(), value: whole.slice(1, 4).join('-') }];
  }
  const yearless = /^--(\d{2})-?(\d{2})$/u.exec(one.value.trim());
  if (yearless === null) {
    return [];
  }
  const params = new Map([['X-APPLE-OMIT-YEAR', [NO_YEAR]]]);
  return [{ ...one, name, params, value: [NO_YEAR, yearless[1], yearless[2]].join('-') }];
}
