import { isKindOf, type StreamGroup, type StreamObject, type StreamValue } from './typedstream.ts';
import { MalformedStream } from './typedstream-types.ts';
import { decodeUtf8, utf16Text } from './unicode-text.ts';

/** An object of Foundation as a plain value. */
export type FoundationValue =
  | null
  | string
  | number
  | bigint
  | Uint8Array
  /** NSDate: seconds since 2001. */
  | { readonly date: number }
  /** NSURL, a relative one resolved against its base. */
  | { readonly url: string }
  | readonly FoundationValue[]
  | FoundationDictionary;

export type FoundationDictionary = ReadonlyMap<string, FoundationValue>;

const MAX_DEPTH = 64;

/**
 * Turns what a typedstream holds into plain values: NSString, NSAttributedString (its text), NSDictionary, NSArray,
 * NSSet, NSNumber, NSValue, NSURL, NSData, NSDate, NSNull and their mutable kinds. Each object is looked at once, and
 * what refers back to an object that contains it is `null`: no forged stream costs more than its size.
 * Every method throws MalformedStream for an object that is not laid out as its class says.
 */
export class FoundationReader {
  readonly #strings = new Map<StreamObject, string>();
  readonly #values = new Map<StreamObject, FoundationValue>();

  /** An object of a class that is not known is `null`. */
  value(value: StreamValue | undefined, depth = 0): FoundationValue {
    if (typeof value === 'number' || typeof value === 'bigint' || value instanceof Uint8Array) {
      return value;
    }
    if (!isStreamObject(value)) {
      return null;
    }
    const known = this.#values.get(value);
    if (known !== undefined) {
      return known;
    }
    if (depth > MAX_DEPTH) {
      throw new MalformedStream('nested too deeply');
    }
    // Stands for the object while it is being read: what it holds may refer back to it.
    this.#values.set(value, null);
    const read = this.#read(value, depth + 1);
    this.#values.set(value, read);
    return read;
  }

  string(object: StreamObject): string {
    const known = this.#strings.get(object);
    if (known !== undefined) {
      return known;
    }
    const bytes = object.groups[0]?.values[0];
    if (object.groups.length !== 1 || !(bytes instanceof Uint8Array) || !isKindOf(object, 'NSString')) {
      throw new MalformedStream('not a string');
    }
    const text = utf16Text(bytes) ?? decodeUtf8(bytes);
    if (text === null) {
      throw new MalformedStream('a string that is not UTF-8');
    }
    this.#strings.set(object, text);
    return text;
  }

  /** The entries of a dictionary, in the order in which they were written. */
  *entries(object: StreamObject): Generator<readonly [string, StreamValue | undefined]> {
    const items = countedGroups(object, 2);
    for (let at = 0; at < items.length; at += 2) {
      const key = items[at]?.values[0];
      if (isStreamObject(key)) {
        const name = isKindOf(key, 'NSString') ? this.string(key) : this.#keyOf(key);
        if (name !== null) {
          yield [name, items[at + 1]?.values[0]];
        }
      }
    }
  }

  #keyOf(key: StreamObject): string | null {
    const value = this.value(key);
    return typeof value === 'number' || typeof value === 'bigint' ? String(value) : null;
  }

  #read(object: StreamObject, depth: number): FoundationValue {
    if (isKindOf(object, 'NSString')) {
      return this.string(object);
    }
    if (isKindOf(object, 'NSAttributedString')) {
      return this.value(object.groups[0]?.values[0], depth);
    }
    if (isKindOf(object, 'NSDictionary')) {
      const entries = new Map<string, FoundationValue>();
      for (const [key, value] of this.entries(object)) {
        entries.set(key, this.value(value, depth));
      }
      return entries;
    }
    if (isKindOf(object, 'NSArray') || isKindOf(object, 'NSSet')) {
      return countedGroups(object, 1).map((group) => this.value(group.values[0], depth));
    }
    return this.#readScalar(object, depth);
  }

  #readScalar(object: StreamObject, depth: number): FoundationValue {
    const [first, second] = object.groups;
    if (isKindOf(object, 'NSValue')) {
      const values = second?.values ?? [];
      const [value] = values;
      return values.length === 1 ? this.value(value, depth) : values.map((one) => this.value(one, depth));
    }
    if (isKindOf(object, 'NSURL')) {
      return this.#readUrl(object, depth);
    }
    if (isKindOf(object, 'NSData')) {
      const bytes = second?.values[0];
      if (!(bytes instanceof Uint8Array) || first?.values[0] !== bytes.length) {
        throw new MalformedStream('data without its bytes');
      }
      return bytes;
    }
    if (isKindOf(object, 'NSDate')) {
      const seconds = first?.values[0];
      if (typeof seconds !== 'number') {
        throw new MalformedStream('a date without its number');
      }
      return { date: seconds };
    }
    return null;
  }

  /** A zero and the URL as a string, or another number, the base (a URL of its own) and the relative string. */
  #readUrl(object: StreamObject, depth: number): FoundationValue {
    const [form, first, second] = object.groups;
    const isRelative = form?.values[0] !== 0;
    const relative = this.value((isRelative ? second : first)?.values[0], depth);
    const base = isRelative ? this.value(first?.values[0], depth) : null;
    if (typeof relative !== 'string') {
      throw new MalformedStream('a URL without its string');
    }
    return { url: resolveUrl(relative, isUrl(base) ? base.url : null) };
  }
}

/** A relative URL against its base, by the rules of the web; as it stands where the two do not make one. */
export function resolveUrl(relative: string, base: string | null): string {
  if (base === null) {
    return relative;
  }
  return URL.parse(relative, base)?.href ?? `${base}${relative}`;
}

export function isUrl(value: FoundationValue | undefined): value is { readonly url: string } {
  return typeof value === 'object' && value !== null && 'url' in value;
}

export function isStreamObject(value: StreamValue | undefined): value is StreamObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
}

/** The groups behind a count: as many as it says, times `each`. */
function countedGroups(object: StreamObject, each: 1 | 2): readonly StreamGroup[] {
  const [countGroup, ...items] = object.groups;
  const count = countGroup?.values[0];
  if (countGroup?.encoding !== 'i' || typeof count !== 'number' || items.length !== each * count) {
    throw new MalformedStream('a collection without its items');
  }
  return items;
}
