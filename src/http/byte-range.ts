/** Bytes of a file, both ends included. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

const RANGE = /^bytes=(\d*)-(\d*)$/u;

/**
 * The bytes that a `Range` header asks for (RFC 9110 §14): `null` for all of them, also where the header is malformed or
 * names several ranges, which a server may answer with the whole.
 */
export function parseRange(header: string | undefined, size: number): ByteRange | 'unsatisfiable' | null {
  const match = header === undefined ? null : RANGE.exec(header.trim());
  const [, first = '', last = ''] = match ?? [];
  if (first === '' && last === '') {
    return null;
  }
  if (first === '') {
    const length = Math.min(Number(last), size);
    return length === 0 ? 'unsatisfiable' : { start: size - length, end: size - 1 };
  }
  const start = Number(first);
  if (last !== '' && Number(last) < start) {
    return null;
  }
  if (start >= size) {
    return 'unsatisfiable';
  }
  return { start, end: last === '' ? size - 1 : Math.min(Number(last), size - 1) };
}
