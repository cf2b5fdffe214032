import { endianness } from 'node:os';

export const IS_HOST_BIG_ENDIAN = endianness() === 'BE';

/** The two bytes at `at`, big-endian as everything in a SQLite file; what lies behind the end reads as 0. */
export function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

export function u32(bytes: Uint8Array, at: number): number {
  return (
    (((bytes[at] ?? 0) << 24) |
      ((bytes[at + 1] ?? 0) << 16) |
      ((bytes[at + 2] ?? 0) << 8) |
      (bytes[at + 3] ?? 0)) >>>
    0
  );
}

/** A 32-bit word with its bytes in reverse order, as a signed number. */
export function swapped(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/** A word of a big-endian file as the host's `Int32Array` shows it → its value, unsigned. */
export function bigEndian(word: number): number {
  return (IS_HOST_BIG_ENDIAN ? word : swapped(word)) >>> 0;
}

const MAX_VARINT = 9;

/** How many bytes the varint at `at` takes: 1 to 9. */
export function varintLength(bytes: Uint8Array, at: number): number {
  let length = 1;
  while (length < MAX_VARINT && (bytes[at + length - 1] ?? 0) >= 0x80) {
    length += 1;
  }
  return length;
}

/**
 * The varint at `at`, a signed 64-bit integer. Beyond 2^53 the nearest double is given, so the caller must ask
 * `Number.isSafeInteger` where it matters.
 */
export function varint(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let index = 0; index < MAX_VARINT - 2; index += 1) {
    const byte = bytes[at + index] ?? 0;
    value = value * 0x80 + (byte & 0x7f);
    if (byte < 0x80) {
      return value;
    }
  }
  return longVarint(bytes, at);
}

/** Of the ninth byte all 8 bits count, of the others 7. */
function longVarint(bytes: Uint8Array, at: number): number {
  let value = 0n;
  for (let index = 0; index < MAX_VARINT; index += 1) {
    const byte = bytes[at + index] ?? 0;
    if (index === MAX_VARINT - 1) {
      value = (value << 8n) | BigInt(byte);
      break;
    }
    value = (value << 7n) | BigInt(byte & 0x7f);
    if (byte < 0x80) {
      break;
    }
  }
  return Number(BigInt.asIntN(64, value));
}
