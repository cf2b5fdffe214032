/** One value's type, as an Objective-C type encoding spells it. */
export type StreamType =
  | { readonly shape: 'scalar'; readonly code: string }
  | { readonly shape: 'array'; readonly count: number; readonly element: StreamType }
  | { readonly shape: 'struct'; readonly fields: readonly StreamType[] };

/** What is thrown inside the decoder; `decodeBody` catches it, nothing outside ever sees it. */
export class MalformedStream extends Error {
  override readonly name = 'MalformedStream';
}

const SCALARS = '@+*%:#ilsqILSQcCBfd';
const MAX_DEPTH = 64;
const MAX_COUNT_DIGITS = 9;

/**
 * The types that a type string names: `@`, `iI`, `[12c]`, `{_NSRange=QQ}`.
 * @throws MalformedStream for a code that no known writer uses.
 */
export function parseTypes(encoding: string): readonly StreamType[] {
  const types: StreamType[] = [];
  let at = 0;
  while (at < encoding.length) {
    const parsed = parseType(encoding, at, 0);
    types.push(parsed.type);
    at = parsed.end;
  }
  if (types.length === 0) {
    throw new MalformedStream('empty type string');
  }
  return types;
}

interface Parsed {
  readonly type: StreamType;
  readonly end: number;
}

function parseType(encoding: string, at: number, depth: number): Parsed {
  if (depth > MAX_DEPTH) {
    throw new MalformedStream('type nested too deeply');
  }
  const code = encoding.charAt(at);
  if (code === '[') {
    return parseArray(encoding, at + 1, depth);
  }
  if (code === '{') {
    return parseStruct(encoding, at + 1, depth);
  }
  if (code === '' || !SCALARS.includes(code)) {
    throw new MalformedStream('unknown type code');
  }
  return { type: { shape: 'scalar', code }, end: at + 1 };
}

function parseArray(encoding: string, at: number, depth: number): Parsed {
  const digits = /^\d+/u.exec(encoding.slice(at, at + MAX_COUNT_DIGITS))?.[0];
  if (digits === undefined) {
    throw new MalformedStream('array without a length');
  }
  const element = parseType(encoding, at + digits.length, depth + 1);
  if (encoding.charAt(element.end) !== ']') {
    throw new MalformedStream('array type not closed');
  }
  return { type: { shape: 'array', count: Number(digits), element: element.type }, end: element.end + 1 };
}

function parseStruct(encoding: string, at: number, depth: number): Parsed {
  let next = at;
  while (next < encoding.length && encoding.charAt(next) !== '=' && encoding.charAt(next) !== '}') {
    next += 1;
  }
  if (encoding.charAt(next) === '=') {
    next += 1;
  }
  const fields: StreamType[] = [];
  while (encoding.charAt(next) !== '}') {
    const field = parseType(encoding, next, depth + 1);
    fields.push(field.type);
    next = field.end;
  }
  return { type: { shape: 'struct', fields }, end: next + 1 };
}
