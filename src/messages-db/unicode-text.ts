import { isUtf8 } from 'node:buffer';

const REPLACEMENT = '\uFFFD';

/** The text, or `null` if the bytes are not valid UTF-8. Nothing is trimmed, a byte-order mark stays. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  const text = decodeBrokenUtf8(bytes);
  // Only what shows a replacement can have been broken; it may have been typed as well.
  return !text.includes(REPLACEMENT) || isUtf8(bytes) ? text : null;
}

/** The text with U+FFFD for what is not valid UTF-8. */
export function decodeBrokenUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** The text of bytes that begin with the UTF-16LE byte-order mark, which no UTF-8 text can begin with; else `null`. */
export function utf16Text(bytes: Uint8Array): string | null {
  if (bytes[0] !== 0xff || bytes[1] !== 0xfe) {
    return null;
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf16le', 2).toWellFormed();
}
