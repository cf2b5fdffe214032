/**
 * What a property list can hold here. `real` tells a floating number from an integer of the same value, `date` counts
 * seconds since 2001, `uid` is a keyed archive's reference to one of its objects.
 */
export type PlistValue =
  | boolean
  | number
  | string
  | Buffer
  | { readonly real: number }
  | { readonly date: number }
  | { readonly uid: number }
  | readonly PlistValue[]
  | { readonly dictionary: Readonly<Record<string, PlistValue>> };

const ASCII = /^\p{ASCII}*$/u;

/** Encodes a value as a binary property list (`bplist00`): objects, then their offsets, then the trailer of 32 bytes. */
export function encodePlist(root: PlistValue): Buffer {
  const objects: PlistValue[] = [];
  const children = new Map<number, number[]>();
  const collect = (value: PlistValue): number => {
    const index = objects.length;
    objects.push(value);
    const parts = partsOf(value);
    if (parts.length > 0) {
      children.set(
        index,
        parts.map((part) => collect(part)),
      );
    }
    return index;
  };
  collect(root);

  const referenceSize = objects.length < 0x100 ? 1 : 2;
  const chunks: Buffer[] = [Buffer.from('bplist00')];
  const offsets: number[] = [];
  let position = 8;
  for (const [index, value] of objects.entries()) {
    offsets.push(position);
    const references = (children.get(index) ?? []).map((child) => sized(child, referenceSize));
    const chunk = Buffer.concat([encodeObject(value), ...references]);
    chunks.push(chunk);
    position += chunk.length;
  }
  // CFBinaryPList.c writes the narrowest of 1, 2, 4 and 8 bytes that can hold where the table begins.
  const offsetSize = position < 0x1_00 ? 1 : position < 0x1_0000 ? 2 : 4;
  const trailer = Buffer.alloc(32);
  trailer[6] = offsetSize;
  trailer[7] = referenceSize;
  trailer.writeBigUInt64BE(BigInt(objects.length), 8);
  trailer.writeBigUInt64BE(BigInt(position), 24);
  return Buffer.concat([...chunks, ...offsets.map((offset) => sized(offset, offsetSize)), trailer]);
}

/** A dictionary's keys come first, then its values, as the format wants them. */
function partsOf(value: PlistValue): readonly PlistValue[] {
  if (isArray(value)) {
    return value;
  }
  return typeof value === 'object' && 'dictionary' in value
    ? [...Object.keys(value.dictionary), ...Object.values(value.dictionary)]
    : [];
}

function encodeObject(value: PlistValue): Buffer {
  if (typeof value === 'boolean') {
    return Buffer.of(value ? 0x09 : 0x08);
  }
  if (typeof value === 'number') {
    return encodeInteger(value);
  }
  if (typeof value === 'string') {
    return ASCII.test(value)
      ? Buffer.concat([marker(0x5, value.length), Buffer.from(value, 'latin1')])
      : Buffer.concat([marker(0x6, value.length), Buffer.from(value, 'utf16le').swap16()]);
  }
  if (Buffer.isBuffer(value)) {
    return Buffer.concat([marker(0x4, value.length), value]);
  }
  if (isArray(value)) {
    return marker(0xa, value.length);
  }
  if ('real' in value) {
    return encodeDouble(0x23, value.real);
  }
  if ('date' in value) {
    return encodeDouble(0x33, value.date);
  }
  if ('uid' in value) {
    return value.uid < 0x100 ? Buffer.of(0x80, value.uid) : Buffer.of(0x81, value.uid >> 8, value.uid & 0xff);
  }
  return marker(0xd, Object.keys(value.dictionary).length);
}

function encodeDouble(kind: number, value: number): Buffer {
  const chunk = Buffer.alloc(9);
  chunk[0] = kind;
  chunk.writeDoubleBE(value, 1);
  return chunk;
}

/** `Array.isArray` narrows no readonly array. */
export function isArray(value: PlistValue): value is readonly PlistValue[] {
  return Array.isArray(value);
}

function encodeInteger(value: number): Buffer {
  if (value >= 0 && value < 0x100) {
    return Buffer.of(0x10, value);
  }
  if (value >= 0 && value < 0x1_0000) {
    return Buffer.of(0x11, value >> 8, value & 0xff);
  }
  const wide = Buffer.alloc(9);
  wide[0] = 0x13;
  wide.writeBigInt64BE(BigInt(value), 1);
  return wide;
}

function marker(kind: number, count: number): Buffer {
  return count < 15
    ? Buffer.of((kind << 4) | count)
    : Buffer.concat([Buffer.of((kind << 4) | 15), encodeInteger(count)]);
}

function sized(value: number, bytes: number): Buffer {
  const buffer = Buffer.alloc(bytes);
  buffer.writeUIntBE(value, 0, bytes);
  return buffer;
}
