/**
 * The blobs that the storm's writer puts into rows: bodies (typedstream) and property lists, as far as it needs them.
 * Written for the storm alone, so that nothing that the daemon reads comes from its own house.
 */

/** A stretch of a body with its attributes, whose values are texts or small numbers. */
export interface Run {
  readonly text: string;
  readonly attributes: Readonly<Record<string, string | number>>;
}

/** `attributedBody` of these runs, an NSAttributedString. */
export function bodyOf(runs: readonly Run[]): Buffer {
  const stream = new BodyStream();
  stream.type('@');
  stream.begin('NSAttributedString', ['NSObject']);
  stream.type('@');
  stream.text(runs.map((run) => run.text).join(''));
  for (const [index, run] of runs.entries()) {
    stream.type('iI');
    stream.integer(index + 1);
    stream.integer(run.text.length);
    stream.type('@');
    stream.begin('NSDictionary', ['NSObject']);
    stream.type('i');
    const pairs = Object.entries(run.attributes);
    stream.integer(pairs.length);
    for (const [key, value] of pairs) {
      stream.type('@');
      stream.text(key);
      stream.type('@');
      if (typeof value === 'string') {
        stream.text(value);
      } else {
        stream.number(value);
      }
    }
    stream.end();
  }
  stream.end();
  return stream.bytes();
}

/** Type strings and class names are numbered in one list, objects, classes and C strings in another, as they come. */
class BodyStream {
  readonly #chunks: Buffer[] = [Buffer.from('\x04\x0bstreamtyped\x81\xe8\x03', 'latin1')];
  readonly #shared: string[] = [];
  readonly #objects: string[] = [];

  bytes(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  begin(name: string, bases: readonly string[]): void {
    this.#byte(0x84);
    this.#objects.push(`object ${this.#objects.length}`);
    this.#class([name, ...bases]);
  }

  end(): void {
    this.#byte(0x86);
  }

  type(code: string): void {
    this.#sharedString(code);
  }

  text(text: string): void {
    const utf8 = Buffer.from(text, 'utf8');
    this.begin('NSString', ['NSObject']);
    this.type('+');
    this.integer(utf8.length);
    this.#chunks.push(utf8);
    this.end();
  }

  number(value: number): void {
    this.begin('NSNumber', ['NSValue', 'NSObject']);
    this.type('*');
    const known = this.#objects.indexOf('text i');
    if (known < 0) {
      this.#byte(0x84);
      this.#objects.push('text i');
      this.#sharedString('i');
    } else {
      this.#reference(known);
    }
    this.type('i');
    this.integer(value);
    this.end();
  }

  integer(value: number): void {
    if (value < 0x80) {
      this.#byte(value);
    } else if (value < 0x8000) {
      this.#chunks.push(Buffer.of(0x81, value & 0xff, value >> 8));
    } else {
      const long = Buffer.of(0x82, 0, 0, 0, 0);
      long.writeUInt32LE(value, 1);
      this.#chunks.push(long);
    }
  }

  #class(chain: readonly string[]): void {
    const [name, ...bases] = chain;
    if (name === undefined) {
      this.#byte(0x85);
      return;
    }
    const known = this.#objects.indexOf(`class ${name}`);
    if (known >= 0) {
      this.#reference(known);
      return;
    }
    this.#byte(0x84);
    this.#objects.push(`class ${name}`);
    this.#sharedString(name);
    this.#byte(name === 'NSString' ? 1 : 0);
    this.#class(bases);
  }

  #sharedString(text: string): void {
    const known = this.#shared.indexOf(text);
    if (known >= 0) {
      this.#reference(known);
      return;
    }
    this.#shared.push(text);
    this.#byte(0x84);
    this.integer(text.length);
    this.#chunks.push(Buffer.from(text, 'latin1'));
  }

  #reference(index: number): void {
    this.#byte((index - 110) & 0xff);
  }

  #byte(value: number): void {
    this.#chunks.push(Buffer.of(value));
  }
}

export type Plist =
  | boolean
  | number
  | string
  | Buffer
  | readonly Plist[]
  | { readonly real: number }
  | { readonly uid: number }
  | { readonly dictionary: Readonly<Record<string, Plist>> };

/** A binary property list. Texts must be ASCII. */
export function plistOf(root: Plist): Buffer {
  const objects: Buffer[] = [];
  const add = (value: Plist): number => {
    const index = objects.push(Buffer.alloc(0)) - 1;
    objects[index] = encode(value, add);
    return index;
  };
  add(root);
  const header = Buffer.from('bplist00', 'latin1');
  let offset = header.length;
  const table = Buffer.alloc(objects.length * 4);
  for (const [index, object] of objects.entries()) {
    table.writeUInt32BE(offset, index * 4);
    offset += object.length;
  }
  const trailer = Buffer.alloc(32);
  trailer.writeUInt8(4, 6);
  trailer.writeUInt8(2, 7);
  trailer.writeBigUInt64BE(BigInt(objects.length), 8);
  trailer.writeBigUInt64BE(BigInt(offset), 24);
  return Buffer.concat([header, ...objects, table, trailer]);
}

function encode(value: Plist, add: (value: Plist) => number): Buffer {
  if (typeof value === 'boolean') {
    return Buffer.of(value ? 0x09 : 0x08);
  }
  if (typeof value === 'number') {
    return integerOf(value);
  }
  if (typeof value === 'string') {
    return Buffer.concat([marker(0x50, value.length), Buffer.from(value, 'latin1')]);
  }
  if (Buffer.isBuffer(value)) {
    return Buffer.concat([marker(0x40, value.length), value]);
  }
  if ('real' in value) {
    const bytes = Buffer.alloc(9);
    bytes.writeUInt8(0x23);
    bytes.writeDoubleBE(value.real, 1);
    return bytes;
  }
  if ('uid' in value) {
    return Buffer.of(0x80, value.uid);
  }
  if ('dictionary' in value) {
    const entries = Object.entries(value.dictionary);
    const references = [...entries.map(([key]) => add(key)), ...entries.map(([, item]) => add(item))];
    return Buffer.concat([marker(0xd0, entries.length), referencesOf(references)]);
  }
  return Buffer.concat([marker(0xa0, value.length), referencesOf(value.map((item) => add(item)))]);
}

function integerOf(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes.writeUInt8(0x13);
  bytes.writeBigInt64BE(BigInt(value), 1);
  return bytes;
}

function marker(kind: number, count: number): Buffer {
  return count < 15 ? Buffer.of(kind | count) : Buffer.concat([Buffer.of(kind | 15), integerOf(count)]);
}

function referencesOf(indexes: readonly number[]): Buffer {
  const bytes = Buffer.alloc(indexes.length * 2);
  for (const [at, index] of indexes.entries()) {
    bytes.writeUInt16BE(index, at * 2);
  }
  return bytes;
}
