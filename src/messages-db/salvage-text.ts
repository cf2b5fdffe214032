import { decodeBrokenUtf8, decodeUtf8, utf16Text } from './unicode-text.ts';

/** A new type string `+`: it stands once in a body, in front of the length of its first string, which is the text. */
const BYTES_TYPE = Buffer.of(0x84, 0x01, 0x2b);
/** The end of a string, and the new type string `iI` of the first run behind it. */
const END = 0x86;
const RUNS = Buffer.of(0x84, 0x02, 0x69, 0x49);
const END_AND_RUNS = Buffer.concat([Buffer.of(END), RUNS]);
/** Behind the names of four classes at most; a body that has its text further back is no body. */
const SEARCHED_BYTES = 400;
/** Bytes that a length may take: a literal, or a tag with 2, 4 or 8 more. */
const LENGTH_WIDTHS = [1, 3, 5, 9] as const;

interface Stretch {
  readonly start: number;
  readonly end: number;
}

/**
 * Picks the text out of a body that the strict decoder refused. The text stands between two marks, behind a length,
 * and the first run tells its length once more: any one of them may be damaged, the others give the text away. Bytes
 * of the text itself are never looked at for where it ends, nothing is trimmed, and a text that is not all there gives
 * `null` rather than a part of it.
 */
export function salvageText(body: Uint8Array): string | null {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const whole = utf16Text(bytes);
  if (whole !== null) {
    return whole;
  }
  const last = Math.min(bytes.length - 1, SEARCHED_BYTES);
  for (let at = BYTES_TYPE.length; at <= last; at += 1) {
    if (resembles(bytes, at - BYTES_TYPE.length, BYTES_TYPE)) {
      const stretch = textAt(bytes, at);
      if (stretch !== null) {
        return textOf(bytes.subarray(stretch.start, stretch.end));
      }
    }
  }
  return textBehindClass(bytes);
}

/** All bytes but one are equal, and that one differs in a single bit. */
function resembles(bytes: Buffer, at: number, wanted: Buffer): boolean {
  let different = 0;
  for (let index = 0; index < wanted.length; index += 1) {
    const difference = (bytes[at + index] ?? 0) ^ (wanted[index] ?? 0);
    if (difference !== 0) {
      different += 1;
      if (different > 1 || (difference & (difference - 1)) !== 0) {
        return false;
      }
    }
  }
  return true;
}

/** The text whose length stands here, if what follows shows that it does. */
function textAt(bytes: Buffer, at: number): Stretch | null {
  const length = readLength(bytes, at);
  const written = length === null ? null : { start: length.end, end: length.end + length.value };
  if (written === null || written.end > bytes.length) {
    return textUpToRuns(bytes, at);
  }
  const isEnded = bytes[written.end] === END;
  const hasRuns = bytes.subarray(written.end + 1, written.end + 1 + RUNS.length).equals(RUNS);
  if (isEnded && (hasRuns || resembles(bytes, written.end, END_AND_RUNS))) {
    return written;
  }
  // Cut off behind the text, or one mark is damaged; unless the length is, which the marks then tell.
  const marked = textUpToRuns(bytes, at);
  if (marked !== null) {
    return marked;
  }
  return isEnded || hasRuns || written.end === bytes.length ? written : null;
}

/**
 * Without a length that can be believed: up to the mark behind the text. From where, the distance tells, because a
 * length takes no more bytes than it needs; where that does not fit the first run, the run does.
 */
function textUpToRuns(bytes: Buffer, at: number): Stretch | null {
  const end = bytes.indexOf(END_AND_RUNS, at);
  const firstRun = end < 0 ? null : (readLength(bytes, end + END_AND_RUNS.length + 1)?.value ?? null);
  if (firstRun === null) {
    return null;
  }
  let likely: Stretch | null = null;
  for (const width of LENGTH_WIDTHS) {
    const start = at + width;
    const text = start <= end ? decodeUtf8(bytes.subarray(start, end)) : null;
    if (text !== null && width === widthOf(end - start) && firstRun <= text.length) {
      return { start, end };
    }
    if (text !== null && text.length === firstRun) {
      likely ??= { start, end };
    }
  }
  return likely;
}

function widthOf(length: number): number {
  if (length < 0x80) {
    return 1;
  }
  return length <= 0x7fff ? 3 : 5;
}

function textOf(content: Buffer): string {
  return utf16Text(content) ?? decodeBrokenUtf8(content);
}

/** Where a stream is laid out in another way: behind the first string class, `+`, a length and that many bytes. */
function textBehindClass(bytes: Buffer): string | null {
  const ends = ['NSString', 'NSMutableString'].flatMap((name) => {
    const at = bytes.indexOf(name, 0, 'latin1');
    return at < 0 ? [] : [at + name.length];
  });
  const type = ends.length === 0 ? -1 : bytes.indexOf(0x2b, Math.min(...ends));
  const length = type < 0 ? null : readLength(bytes, type + 1);
  const end = length === null ? 0 : length.end + length.value;
  // The end of the string has to be there: a length that points anywhere is none.
  if (length === null || (bytes[end] !== END && end !== bytes.length)) {
    return null;
  }
  return textOf(bytes.subarray(length.end, end));
}

/** A literal byte, or a tag with 2 or 4 bytes behind it. The length is believed as it is written, never guessed at. */
function readLength(bytes: Buffer, at: number): { readonly value: number; readonly end: number } | null {
  const head = bytes[at];
  if (head === undefined) {
    return null;
  }
  if (head === 0x81) {
    return at + 3 <= bytes.length ? { value: bytes.readUInt16LE(at + 1), end: at + 3 } : null;
  }
  if (head === 0x82) {
    return at + 5 <= bytes.length ? { value: bytes.readUInt32LE(at + 1), end: at + 5 } : null;
  }
  return head >= 0x80 && head <= 0x91 ? null : { value: head, end: at + 1 };
}
