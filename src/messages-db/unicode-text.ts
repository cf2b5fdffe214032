const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const lenientUtf8 = new TextDecoder('utf-8', { ignoreBOM: true });
const utf16 = new TextDecoder('utf-16le');

/** The text, or `null` if the bytes are not valid UTF-8. Nothing is trimmed, a byte-order mark stays. */
export function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

/** The text with U+FFFD for what is not valid UTF-8. */
export function decodeBrokenUtf8(bytes: Uint8Array): string {
  return lenientUtf8.decode(bytes);
}

/** The text of bytes that begin with the UTF-16LE byte-order mark, which no UTF-8 text can begin with; else `null`. */
export function utf16Text(bytes: Uint8Array): string | null {
  return bytes[0] === 0xff && bytes[1] === 0xfe ? utf16.decode(bytes) : null;
}
