import { decodeBrokenUtf8, utf16Text } from './unicode-text.ts';

const CLASS_NAMES = ['NSString', 'NSMutableString'].map((name) => Buffer.from(name, 'latin1'));
const BYTES_TYPE = 0x2b;

/**
 * Picks the text out of a body that the strict decoder refused: behind the first string class stands `+`, a length
 * and that many bytes. The length is believed as it is written, never guessed at: a text that is not fully there
 * gives `null` rather than a part of it.
 */
export function salvageText(body: Uint8Array): string | null {
  const whole = utf16Text(body);
  if (whole !== null) {
    return whole;
  }
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const classEnd = firstStringClass(bytes);
  const type = classEnd === null ? -1 : bytes.indexOf(BYTES_TYPE, classEnd);
  const length = type < 0 ? null : readLength(bytes, type + 1);
  if (length === null || length.end + length.value > bytes.length) {
    return null;
  }
  const content = bytes.subarray(length.end, length.end + length.value);
  return utf16Text(content) ?? decodeBrokenUtf8(content);
}

/** The place behind the name of the class that comes first. */
function firstStringClass(bytes: Buffer): number | null {
  let first: { readonly at: number; readonly end: number } | null = null;
  for (const name of CLASS_NAMES) {
    const at = bytes.indexOf(name);
    if (at >= 0 && (first === null || at < first.at)) {
      first = { at, end: at + name.length };
    }
  }
  return first?.end ?? null;
}

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
