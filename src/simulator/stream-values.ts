import { TypedstreamWriter, type StreamClass } from './typedstream-writer.ts';

/** A Foundation object as a typedstream holds it. Numbers are NSNumber of type `i`. */
export type StreamValue =
  | null
  | string
  | number
  | Buffer
  | readonly StreamValue[]
  | { readonly mutableString: string }
  | { readonly mutableData: Buffer }
  /** NSNumber of type `q`; beyond 32 bits it takes the 8-byte form. */
  | { readonly int64: bigint }
  /** NSNumber of type `d`, or `f`. */
  | { readonly double: number }
  | { readonly float: number }
  /** NSNumber of type `c`. */
  | { readonly flag: boolean }
  | { readonly url: string; readonly base?: string }
  /** Seconds since 2001. */
  | { readonly date: number }
  | { readonly nothing: true }
  | { readonly set: readonly StreamValue[] }
  | { readonly mutableArray: readonly StreamValue[] }
  | { readonly dictionary: Readonly<Record<string, StreamValue>> }
  | { readonly mutableDictionary: Readonly<Record<string, StreamValue>> };

type Composite = Exclude<StreamValue, null | string | number | Buffer | readonly StreamValue[]>;

const OBJECT: StreamClass = { name: 'NSObject', version: 0, base: null };
const derived = (name: string, base: StreamClass, version = 0): StreamClass => ({ name, version, base });

const STRING = derived('NSString', OBJECT, 1);
const VALUE = derived('NSValue', OBJECT);
const DATA = derived('NSData', OBJECT);
const ARRAY = derived('NSArray', OBJECT);
const DICTIONARY = derived('NSDictionary', OBJECT);
const ATTRIBUTED = derived('NSAttributedString', OBJECT);

export const STREAM_CLASSES = {
  string: STRING,
  mutableString: derived('NSMutableString', STRING, 1),
  number: derived('NSNumber', VALUE),
  data: DATA,
  mutableData: derived('NSMutableData', DATA),
  url: derived('NSURL', OBJECT),
  date: derived('NSDate', OBJECT),
  nothing: derived('NSNull', OBJECT),
  array: ARRAY,
  mutableArray: derived('NSMutableArray', ARRAY),
  set: derived('NSSet', OBJECT),
  dictionary: DICTIONARY,
  mutableDictionary: derived('NSMutableDictionary', DICTIONARY),
  attributed: ATTRIBUTED,
  mutableAttributed: derived('NSMutableAttributedString', ATTRIBUTED),
} as const;

/**
 * Writes objects into a typedstream. Dictionary keys are constants in Messages: the same key is the same object, which
 * the stream holds once and refers to from then on.
 */
export class StreamObjects {
  readonly stream = new TypedstreamWriter();
  readonly #keys = new Map<string, number>();

  /** The group `@` with the value in it. */
  member(value: StreamValue): void {
    this.stream.type('@');
    this.#object(value);
  }

  string(kind: StreamClass, text: string): void {
    this.stream.object(kind).type('+').bytes(Buffer.from(text, 'utf8')).end();
  }

  /** @param entries in the order in which they are to stand */
  dictionary(kind: StreamClass, entries: Readonly<Record<string, StreamValue>>): void {
    const pairs = Object.entries(entries);
    this.stream.object(kind).type('i').int(pairs.length);
    for (const [key, value] of pairs) {
      this.#key(key);
      this.member(value);
    }
    this.stream.end();
  }

  #key(key: string): void {
    this.stream.type('@');
    const known = this.#keys.get(key);
    if (known !== undefined) {
      this.stream.objectAgain(known);
      return;
    }
    this.#keys.set(key, this.stream.nextObject);
    this.string(STREAM_CLASSES.string, key);
  }

  #object(value: StreamValue): void {
    if (value === null) {
      this.stream.nil();
    } else if (typeof value === 'string') {
      this.string(STREAM_CLASSES.string, value);
    } else if (typeof value === 'number') {
      this.#number('i').int(value).end();
    } else if (Buffer.isBuffer(value)) {
      this.#data(STREAM_CLASSES.data, value);
    } else if (isList(value)) {
      this.#list(STREAM_CLASSES.array, value);
    } else {
      this.#composite(value);
    }
  }

  #composite(value: Composite): void {
    if ('mutableString' in value) {
      this.string(STREAM_CLASSES.mutableString, value.mutableString);
    } else if ('mutableData' in value) {
      this.#data(STREAM_CLASSES.mutableData, value.mutableData);
    } else if ('int64' in value) {
      this.#number('q').int64(value.int64).end();
    } else if ('double' in value) {
      this.#number('d').floating(value.double, 'd').end();
    } else if ('float' in value) {
      this.#number('f').floating(value.float, 'f').end();
    } else if ('flag' in value) {
      this.#number('c')
        .raw(Buffer.of(value.flag ? 1 : 0))
        .end();
    } else if ('url' in value) {
      this.#url(value);
    } else if ('date' in value) {
      this.stream.object(STREAM_CLASSES.date).type('d').floating(value.date, 'd').end();
    } else if ('nothing' in value) {
      this.stream.object(STREAM_CLASSES.nothing).end();
    } else if ('set' in value) {
      this.#list(STREAM_CLASSES.set, value.set);
    } else if ('mutableArray' in value) {
      this.#list(STREAM_CLASSES.mutableArray, value.mutableArray);
    } else if ('dictionary' in value) {
      this.dictionary(STREAM_CLASSES.dictionary, value.dictionary);
    } else {
      this.dictionary(STREAM_CLASSES.mutableDictionary, value.mutableDictionary);
    }
  }

  #number(type: string): TypedstreamWriter {
    return this.stream.object(STREAM_CLASSES.number).type('*').cString(type).type(type);
  }

  #data(kind: StreamClass, content: Buffer): void {
    this.stream.object(kind).type('i').int(content.length).type(`[${content.length}c]`).raw(content).end();
  }

  #list(kind: StreamClass, items: readonly StreamValue[]): void {
    this.stream.object(kind).type('i').int(items.length);
    for (const item of items) {
      this.member(item);
    }
    this.stream.end();
  }

  /** A relative one names its base first, which is a URL itself. */
  #url(value: { readonly url: string; readonly base?: string }): void {
    this.stream.object(STREAM_CLASSES.url).type('c');
    if (value.base === undefined) {
      this.stream.raw(Buffer.of(0));
    } else {
      this.stream.raw(Buffer.of(1));
      this.member({ url: value.base });
    }
    this.member(value.url);
    this.stream.end();
  }
}

function isList(value: StreamValue): value is readonly StreamValue[] {
  return Array.isArray(value);
}
