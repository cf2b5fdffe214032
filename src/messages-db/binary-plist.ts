import { decodeUtf8 } from './unicode-text.ts';

/** A value of a binary property list. Data are bytes; dates and UIDs carry their number. */
export type PlistValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly date: number }
  | { readonly uid: number }
  | readonly PlistValue[]
  | PlistDictionary;

export type PlistDictionary = ReadonlyMap<string, PlistValue>;

const MAGIC = Buffer.from('bplist00', 'latin1');
const TRAILER_BYTES = 32;
const MAX_DEPTH = 64;
/** References followed: far more than any list of Messages has. */
const MAX_REFERENCES = 100_000;

class MalformedPlist extends Error {
  override readonly name = 'MalformedPlist';
}

/**
 * Reads a binary property list (`bplist00`, the layout of CFBinaryPList.c). `null` for anything that is not exactly
 * one: the XML form, a bad offset, a cycle, nesting past 64. Never throws; each object is read once, however often
 * it is referred to.
 */
export function readBinaryPlist(input: Uint8Array): { readonly root: PlistValue } | null {
  try {
    return { root: new BinaryPlistReader(input).readRoot() };
  } catch (error) {
    if (error instanceof MalformedPlist) {
      return null;
    }
    throw error;
  }
}

export function isPlistDictionary(value: PlistValue | undefined): value is PlistDictionary {
  return value instanceof Map;
}

export function isPlistArray(value: PlistValue | undefined): value is readonly PlistValue[] {
  return Array.isArray(value);
}

class BinaryPlistReader {
  readonly #input: Buffer;
  readonly #offsetBytes: number;
  readonly #referenceBytes: number;
  readonly #count: number;
  readonly #top: number;
  readonly #table: number;
  readonly #done = new Map<number, PlistValue>();
  readonly #open = new Set<number>();
  /** Objects may overlap in a forged list: reading the same bytes again and again must end. */
  #budget: number;
  #references = 0;

  constructor(input: Uint8Array) {
    this.#input = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    this.#budget = 4 * this.#input.length + 64;
    const trailer = this.#input.length - TRAILER_BYTES;
    if (trailer < MAGIC.length || !this.#input.subarray(0, MAGIC.length).equals(MAGIC)) {
      throw new MalformedPlist();
    }
    this.#offsetBytes = this.#input.readUInt8(trailer + 6);
    this.#referenceBytes = this.#input.readUInt8(trailer + 7);
    this.#count = this.#unsigned(trailer + 8, 8);
    this.#top = this.#unsigned(trailer + 16, 8);
    this.#table = this.#unsigned(trailer + 24, 8);
    const widths = this.#offsetBytes >= 1 && this.#offsetBytes <= 8 && this.#referenceBytes >= 1;
    if (!widths || this.#referenceBytes > 8 || this.#table + this.#count * this.#offsetBytes > trailer) {
      throw new MalformedPlist();
    }
  }

  readRoot(): PlistValue {
    return this.#readObject(this.#top, 0);
  }

  #readObject(index: number, depth: number): PlistValue {
    const known = this.#done.get(index);
    if (known !== undefined) {
      return known;
    }
    if (index >= this.#count || depth > MAX_DEPTH || this.#open.has(index)) {
      throw new MalformedPlist();
    }
    this.#open.add(index);
    const value = this.#readAt(
      this.#unsigned(this.#table + index * this.#offsetBytes, this.#offsetBytes),
      depth,
    );
    this.#open.delete(index);
    this.#done.set(index, value);
    return value;
  }

  #readAt(at: number, depth: number): PlistValue {
    const marker = this.#unsigned(at, 1);
    const low = marker & 0x0f;
    switch (marker >> 4) {
      case 0x0:
        return simpleValue(low);
      case 0x1:
        return this.#integer(at + 1, low);
      case 0x2:
        return this.#real(at + 1, low);
      case 0x3:
        return { date: this.#real(at + 1, 3) };
      case 0x8:
        return { uid: this.#unsigned(at + 1, low + 1) };
      default:
        return this.#readSized(marker >> 4, at, low, depth);
    }
  }

  #readSized(kind: number, at: number, low: number, depth: number): PlistValue {
    const { count, start } = low === 0x0f ? this.#longCount(at + 1) : { count: low, start: at + 1 };
    switch (kind) {
      case 0x4:
        return this.#bytes(start, count);
      case 0x5:
        this.#claim(start, count);
        return this.#input.toString('latin1', start, start + count);
      case 0x6:
        return Buffer.from(this.#bytes(start, count * 2))
          .swap16()
          .toString('utf16le');
      case 0x7: {
        const text = decodeUtf8(this.#bytes(start, count));
        if (text === null) {
          throw new MalformedPlist();
        }
        return text;
      }
      case 0xa:
      case 0xc:
        return this.#indexes(start, count).map((index) => this.#readObject(index, depth + 1));
      case 0xd:
        return this.#dictionary(this.#indexes(start, count * 2), depth);
      default:
        throw new MalformedPlist();
    }
  }

  #dictionary(references: readonly number[], depth: number): PlistDictionary {
    const half = references.length / 2;
    const entries = new Map<string, PlistValue>();
    for (let at = 0; at < half; at += 1) {
      const key = this.#readObject(references[at] ?? this.#count, depth + 1);
      if (typeof key !== 'string') {
        throw new MalformedPlist();
      }
      entries.set(key, this.#readObject(references[half + at] ?? this.#count, depth + 1));
    }
    return entries;
  }

  #indexes(start: number, count: number): readonly number[] {
    this.#claim(start, count * this.#referenceBytes);
    this.#references += count;
    if (this.#references > MAX_REFERENCES) {
      throw new MalformedPlist();
    }
    const indexes: number[] = [];
    for (let at = 0; at < count; at += 1) {
      indexes.push(this.#unsignedAt(start + at * this.#referenceBytes, this.#referenceBytes));
    }
    return indexes;
  }

  /** A count of 15 or more stands as an integer object behind the marker. */
  #longCount(at: number): { readonly count: number; readonly start: number } {
    const marker = this.#unsigned(at, 1);
    if (marker >> 4 !== 0x1 || (marker & 0x0f) > 3) {
      throw new MalformedPlist();
    }
    const width = 1 << (marker & 0x0f);
    return { count: this.#unsigned(at + 1, width), start: at + 1 + width };
  }

  /** 1, 2 and 4 bytes are unsigned, 8 are signed; 16 are written for unsigned values past 2^63. */
  #integer(at: number, power: number): number | bigint {
    if (power <= 2) {
      return this.#unsigned(at, 1 << power);
    }
    if (power > 4) {
      throw new MalformedPlist();
    }
    const bytes = this.#bytes(at, 1 << power);
    const value = power === 3 ? bytes.readBigInt64BE(0) : bytes.readBigUInt64BE(8);
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  #real(at: number, power: number): number {
    switch (power) {
      case 2:
        return this.#bytes(at, 4).readFloatBE(0);
      case 3:
        return this.#bytes(at, 8).readDoubleBE(0);
      default:
        throw new MalformedPlist();
    }
  }

  #unsigned(at: number, width: number): number {
    this.#claim(at, width);
    return this.#unsignedAt(at, width);
  }

  /** Of bytes that have been claimed. */
  #unsignedAt(at: number, width: number): number {
    let value = 0;
    for (let index = 0; index < width; index += 1) {
      value = value * 0x1_00 + (this.#input[at + index] ?? 0);
    }
    if (value > Number.MAX_SAFE_INTEGER) {
      throw new MalformedPlist();
    }
    return value;
  }

  #claim(at: number, length: number): void {
    this.#budget -= length;
    if (at + length > this.#input.length || this.#budget < 0) {
      throw new MalformedPlist();
    }
  }

  #bytes(at: number, length: number): Buffer {
    this.#claim(at, length);
    return this.#input.subarray(at, at + length);
  }
}

function simpleValue(low: number): PlistValue {
  switch (low) {
    case 0x0:
      return null;
    case 0x8:
      return false;
    case 0x9:
      return true;
    default:
      throw new MalformedPlist();
  }
}
