/** A class by name and version, with the class that it derives from. */
export interface StreamClass {
  readonly name: string;
  readonly version: number;
  readonly base: StreamClass | null;
}

const NEW = 0x84;
const NIL = 0x85;
const END = 0x86;
/** Where a reference may stand, its number counts from here: 0x92, the first byte that is no tag. */
const FIRST_REFERENCE = -110;

/**
 * Writes Apple's old archive format, typedstream version 4, as NSArchiver does: strings are shared by number, objects,
 * classes and C strings by another numbering, both in the order of first appearance.
 */
export class TypedstreamWriter {
  readonly #chunks: Buffer[] = [Buffer.from('\u0004\u000bstreamtyped\u0081\u00e8\u0003', 'latin1')];
  readonly #strings = new Map<string, number>();
  readonly #classes = new Map<string, number>();
  readonly #cStrings = new Map<string, number>();
  #objects = 0;

  finish(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  /** A group's type, one code per value that follows. */
  type(codes: string): this {
    return this.#sharedString(codes);
  }

  /** Begins an object; its groups follow, then `end`. The object takes its number before its class. */
  object(kind: StreamClass): this {
    this.#byte(NEW);
    this.#objects += 1;
    return this.#class(kind);
  }

  end(): this {
    return this.#byte(END);
  }

  /** A signed integer: one byte where it is no tag, else a tag and 2, 4 or 8 bytes, little-endian. */
  int(value: number): this {
    if (value >= FIRST_REFERENCE && value <= 0x7f) {
      return this.#byte(value & 0xff);
    }
    return this.#wide(value, value >= -0x8000 && value <= 0x7fff);
  }

  /** A length or another unsigned integer. From 0x80 on it takes 2 bytes, from 32,768 on 4. */
  unsigned(value: number): this {
    return value < 0x80 ? this.#byte(value) : this.#wide(value, value <= 0x7fff);
  }

  /** Bytes of their own, shared with nothing: the text of a string (`+`). */
  bytes(content: Buffer): this {
    this.unsigned(content.length);
    this.#chunks.push(content);
    return this;
  }

  /** Bytes whose number the type tells (`c`, `[Nc]`): no length, no tags. */
  raw(content: Buffer): this {
    this.#chunks.push(content);
    return this;
  }

  /** A signed integer of 64 bits: as `int` where that holds it, else 0x87 and 8 bytes. */
  int64(value: bigint): this {
    if (value >= -0x8000_0000n && value <= 0x7fff_ffffn) {
      return this.int(Number(value));
    }
    const chunk = Buffer.alloc(9);
    chunk[0] = 0x87;
    chunk.writeBigInt64LE(value, 1);
    return this.raw(chunk);
  }

  /** A floating number (`f` 4 bytes, `d` 8 bytes): whole ones as integers, the rest behind 0x83. */
  floating(value: number, kind: 'f' | 'd'): this {
    if (Number.isInteger(value) && Math.abs(value) <= 0x7fff_ffff) {
      return this.int(value);
    }
    const chunk = Buffer.alloc(kind === 'd' ? 9 : 5);
    chunk[0] = 0x83;
    if (kind === 'd') {
      chunk.writeDoubleLE(value, 1);
    } else {
      chunk.writeFloatLE(value, 1);
    }
    return this.raw(chunk);
  }

  /** Where an object may stand: none. */
  nil(): this {
    return this.#byte(NIL);
  }

  /** The number that the next object will take. */
  get nextObject(): number {
    return this.#objects;
  }

  /** An object that was written before, by its number. */
  objectAgain(number: number): this {
    return this.#reference(number);
  }

  /** A C string (`*`): its bytes are a shared string, and it takes a number among the objects. */
  cString(text: string): this {
    const known = this.#cStrings.get(text);
    if (known !== undefined) {
      return this.#reference(known);
    }
    this.#byte(NEW);
    this.#cStrings.set(text, this.#objects);
    this.#objects += 1;
    return this.#sharedString(text);
  }

  #class(kind: StreamClass): this {
    const known = this.#classes.get(kind.name);
    if (known !== undefined) {
      return this.#reference(known);
    }
    this.#byte(NEW);
    this.#classes.set(kind.name, this.#objects);
    this.#objects += 1;
    this.#sharedString(kind.name).int(kind.version);
    return kind.base === null ? this.#byte(NIL) : this.#class(kind.base);
  }

  #sharedString(text: string): this {
    const known = this.#strings.get(text);
    if (known !== undefined) {
      return this.#reference(known);
    }
    this.#strings.set(text, this.#strings.size);
    return this.#byte(NEW).bytes(Buffer.from(text, 'utf8'));
  }

  #reference(index: number): this {
    return this.int(FIRST_REFERENCE + index);
  }

  #wide(value: number, fitsTwoBytes: boolean): this {
    const chunk = Buffer.alloc(fitsTwoBytes ? 3 : 5);
    chunk[0] = fitsTwoBytes ? 0x81 : 0x82;
    if (fitsTwoBytes) {
      chunk.writeInt16LE(value, 1);
    } else {
      chunk.writeInt32LE(value, 1);
    }
    this.#chunks.push(chunk);
    return this;
  }

  #byte(value: number): this {
    this.#chunks.push(Buffer.of(value));
    return this;
  }
}
