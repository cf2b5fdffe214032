import { MalformedStream, parseTypes, type StreamType } from './typedstream-types.ts';

/** A class as the stream names it; `superclass` is `null` at the root of the chain. */
interface StreamClass {
  readonly kind: 'class';
  readonly name: string;
  readonly version: number;
  superclass: StreamClass | null;
}

/** An object: its class, and what it wrote of itself, group by group. References may make it part of a cycle. */
export interface StreamObject {
  readonly kind: 'object';
  isa: StreamClass | null;
  readonly groups: StreamGroup[];
}

export interface StreamGroup {
  readonly encoding: string;
  readonly values: readonly StreamValue[];
}

interface CString {
  readonly kind: 'c_string';
  bytes: Uint8Array;
}

export type StreamValue =
  | number
  | bigint
  | null
  | Uint8Array
  | StreamObject
  | StreamClass
  | readonly StreamValue[];

interface SharedString {
  readonly bytes: Uint8Array;
  readonly text: string;
  /** Parsed at the first use as a type, so that no string is parsed twice. */
  types: readonly StreamType[] | null;
}

/** `04`, the length and the letters of `streamtyped`, and the system version 1000 as a 2-byte integer. */
const HEADER = Buffer.from('040b73747265616d747970656481e803', 'hex');

const INT16 = 0x81;
const INT32 = 0x82;
const REAL = 0x83;
const NEW = 0x84;
const NIL = 0x85;
const END = 0x86;
const INT64 = 0x87;
const FIRST_TAG = 0x80;
const LAST_TAG = 0x91;
/** The head byte 0x92 names slot 0; read as a signed number it is -110. */
const FIRST_REFERENCE = 110;

const MAX_DEPTH = 64;
/** The largest body seen has 250 objects. */
const MAX_VALUES = 100_000;

/**
 * Reads one typedstream of NSArchiver, little-endian, as `message.attributedBody` holds it: one root value and nothing
 * behind it. Every length is checked before it is used, and the work is bounded by the size of the input.
 * @throws MalformedStream for whatever is not exactly that.
 */
export function readTypedstream(input: Uint8Array): StreamValue {
  return new TypedstreamReader(input).readRoot();
}

/** Whether the object is of the class, or of one derived from it. A forged chain may be a ring: only so far is looked. */
export function isKindOf(object: StreamObject, className: string): boolean {
  let current = object.isa;
  for (let depth = 0; current !== null && depth < MAX_DEPTH; depth += 1) {
    if (current.name === className) {
      return true;
    }
    current = current.superclass;
  }
  return false;
}

class TypedstreamReader {
  readonly #input: Buffer;
  #at = HEADER.length;
  /** Values may take no byte (an empty struct): without a budget an array of them would never end. */
  #budget: number;
  readonly #strings: SharedString[] = [];
  readonly #slots: (StreamObject | StreamClass | CString)[] = [];

  constructor(input: Uint8Array) {
    this.#input = Buffer.from(input.buffer, input.byteOffset, input.byteLength);
    this.#budget = Math.min(4 * input.byteLength + 64, MAX_VALUES);
  }

  readRoot(): StreamValue {
    if (!this.#input.subarray(0, HEADER.length).equals(HEADER)) {
      throw new MalformedStream('no typedstream header');
    }
    const group = this.#readGroup(0);
    const [root] = group.values;
    if (group.values.length !== 1 || root === undefined || this.#at !== this.#input.length) {
      throw new MalformedStream('not one root value');
    }
    return root;
  }

  #readGroup(depth: number): StreamGroup {
    const shared = this.#readSharedString();
    if (shared === null) {
      throw new MalformedStream('group without a type');
    }
    shared.types ??= parseTypes(shared.text);
    return { encoding: shared.text, values: shared.types.map((type) => this.#readValue(type, depth)) };
  }

  #readValue(type: StreamType, depth: number): StreamValue {
    this.#budget -= 1;
    if (this.#budget < 0 || depth > MAX_DEPTH) {
      throw new MalformedStream('too many or too deeply nested values');
    }
    switch (type.shape) {
      case 'scalar':
        return this.#readScalar(type.code, depth);
      case 'array':
        return this.#readArray(type.count, type.element, depth);
      case 'struct':
        return type.fields.map((field) => this.#readValue(field, depth + 1));
      default:
        return type satisfies never;
    }
  }

  #readScalar(code: string, depth: number): StreamValue {
    switch (code) {
      case '@':
        return this.#readObject(depth);
      case '#':
        return this.#readClass();
      case '+':
        return this.#take(this.#readLength());
      case '*':
        return this.#readCString();
      case '%':
      case ':':
        return this.#readSharedString()?.bytes ?? null;
      case 'c':
      case 'B':
        return (this.#byte() << 24) >> 24;
      case 'C':
        return this.#byte();
      case 'f':
      case 'd':
        return this.#readReal(code);
      case 'i':
      case 'l':
      case 's':
      case 'q':
        return this.#readInteger(true);
      case 'I':
      case 'L':
      case 'S':
      case 'Q':
        return this.#readInteger(false);
      default:
        throw new MalformedStream('unknown type code');
    }
  }

  #readArray(count: number, element: StreamType, depth: number): StreamValue {
    if (element.shape === 'scalar' && (element.code === 'c' || element.code === 'C')) {
      return this.#take(count);
    }
    const values: StreamValue[] = [];
    for (let index = 0; index < count; index += 1) {
      values.push(this.#readValue(element, depth + 1));
    }
    return values;
  }

  #readObject(depth: number): StreamObject | null {
    const head = this.#peek();
    if (head === NIL) {
      this.#at += 1;
      return null;
    }
    if (head !== NEW) {
      const slot = this.#readSlot();
      if (slot.kind !== 'object') {
        throw new MalformedStream('reference to something that is no object');
      }
      return slot;
    }
    this.#at += 1;
    // The number is taken before the class is read: the classes that follow get the next ones.
    const object: StreamObject = { kind: 'object', isa: null, groups: [] };
    this.#slots.push(object);
    object.isa = this.#readClass();
    while (this.#peek() !== END) {
      object.groups.push(this.#readGroup(depth + 1));
    }
    this.#at += 1;
    return object;
  }

  /** A class and its chain of superclasses: derived first, each with a number of its own. */
  #readClass(): StreamClass | null {
    let first: StreamClass | null = null;
    let last: StreamClass | null = null;
    for (let length = 0; length <= MAX_DEPTH; length += 1) {
      const head = this.#peek();
      let next: StreamClass | null = null;
      if (head === NIL) {
        this.#at += 1;
      } else if (head === NEW) {
        this.#at += 1;
        next = this.#readNewClass();
      } else {
        const slot = this.#readSlot();
        if (slot.kind !== 'class') {
          throw new MalformedStream('reference to something that is no class');
        }
        next = slot;
      }
      first ??= next;
      if (last !== null) {
        last.superclass = next;
      }
      if (head !== NEW) {
        return first;
      }
      last = next;
    }
    throw new MalformedStream('class chain too long');
  }

  #readNewClass(): StreamClass {
    const slot = this.#slots.length;
    // Held by a placeholder until the name is known, because the name comes after the number.
    this.#slots.push({ kind: 'c_string', bytes: new Uint8Array() });
    const name = this.#readSharedString()?.text;
    const version = this.#readInteger(true);
    if (name === undefined || typeof version !== 'number') {
      throw new MalformedStream('class without name or version');
    }
    const made: StreamClass = { kind: 'class', name, version, superclass: null };
    this.#slots[slot] = made;
    return made;
  }

  #readCString(): Uint8Array | null {
    const head = this.#peek();
    if (head === NIL) {
      this.#at += 1;
      return null;
    }
    if (head !== NEW) {
      const slot = this.#readSlot();
      if (slot.kind !== 'c_string') {
        throw new MalformedStream('reference to something that is no C string');
      }
      return slot.bytes;
    }
    this.#at += 1;
    const made: CString = { kind: 'c_string', bytes: new Uint8Array() };
    this.#slots.push(made);
    made.bytes = this.#readSharedString()?.bytes ?? made.bytes;
    return made.bytes;
  }

  #readSharedString(): SharedString | null {
    const head = this.#peek();
    if (head === NIL) {
      this.#at += 1;
      return null;
    }
    if (head !== NEW) {
      const shared = this.#strings[this.#readReference()];
      if (shared === undefined) {
        throw new MalformedStream('reference to an unknown string');
      }
      return shared;
    }
    this.#at += 1;
    const bytes = this.#take(this.#readLength());
    const made: SharedString = { bytes, text: bytes.toString('latin1'), types: null };
    this.#strings.push(made);
    return made;
  }

  #readSlot(): StreamObject | StreamClass | CString {
    const slot = this.#slots[this.#readReference()];
    if (slot === undefined) {
      throw new MalformedStream('reference to an unknown slot');
    }
    return slot;
  }

  #readReference(): number {
    const number = this.#readInteger(true);
    if (typeof number !== 'number') {
      throw new MalformedStream('reference out of range');
    }
    return number + FIRST_REFERENCE;
  }

  #readLength(): number {
    const length = this.#readInteger(false);
    if (typeof length !== 'number') {
      throw new MalformedStream('length out of range');
    }
    return length;
  }

  /** A literal byte, or a tag with 2, 4 or 8 bytes behind it. Only what exceeds a double's integers is a bigint. */
  #readInteger(signed: boolean): number | bigint {
    const head = this.#byte();
    switch (head) {
      case INT16:
        return signed ? this.#take(2).readInt16LE(0) : this.#take(2).readUInt16LE(0);
      case INT32:
        return signed ? this.#take(4).readInt32LE(0) : this.#take(4).readUInt32LE(0);
      case INT64: {
        const bytes = this.#take(8);
        const value = signed ? bytes.readBigInt64LE(0) : bytes.readBigUInt64LE(0);
        return Number.isSafeInteger(Number(value)) ? Number(value) : value;
      }
      default:
        if (head >= FIRST_TAG && head <= LAST_TAG) {
          throw new MalformedStream('a tag where an integer must be');
        }
        return signed && head > LAST_TAG ? head - 0x1_00 : head;
    }
  }

  #readReal(code: 'f' | 'd'): number {
    if (this.#peek() !== REAL) {
      return Number(this.#readInteger(true));
    }
    this.#at += 1;
    return code === 'f' ? this.#take(4).readFloatLE(0) : this.#take(8).readDoubleLE(0);
  }

  #byte(): number {
    const byte = this.#peek();
    this.#at += 1;
    return byte;
  }

  #peek(): number {
    const byte = this.#input[this.#at];
    if (byte === undefined) {
      throw new MalformedStream('ends too early');
    }
    return byte;
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#input.length) {
      throw new MalformedStream('length exceeds the input');
    }
    const bytes = this.#input.subarray(this.#at, end);
    this.#at = end;
    return bytes;
  }
}
