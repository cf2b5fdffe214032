import { isPlistArray, isPlistDictionary, type PlistDictionary, type PlistValue } from './binary-plist.ts';
import { resolveUrl } from './foundation.ts';
import { readPropertyList } from './property-list.ts';

/** What NSKeyedArchiver wrote, with its references followed: collections, strings, URLs and dates are plain values. */
export type ArchiveValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly date: number }
  | readonly ArchiveValue[]
  | ArchiveDictionary;

/** A dictionary, or the named fields of an object of any other class. */
export type ArchiveDictionary = ReadonlyMap<string, ArchiveValue>;

const MAX_DEPTH = 64;
/** Values looked at: lists may share lists, and a few bytes would unfold without end. */
const MAX_STEPS = 50_000;
const NULL_NAME = '$null';

class MalformedArchive extends Error {
  override readonly name = 'MalformedArchive';
}

/**
 * Reads a keyed archive, in either form of a property list, and gives what it has at its top: `root` as a rule. Every
 * object is resolved once; one that contains itself is `null` there. `null` for what is no archive, or one that is
 * nested past 64 or larger than any real one. Never throws.
 */
export function readKeyedArchive(input: Uint8Array): ArchiveDictionary | null {
  const plist = readPropertyList(input);
  const root = plist?.root;
  if (!isPlistDictionary(root)) {
    return null;
  }
  const top = root.get('$top');
  const objects = root.get('$objects');
  if (!isPlistDictionary(top) || !isPlistArray(objects)) {
    return null;
  }
  try {
    return new ArchiveResolver(objects).fields(top, 0);
  } catch (error) {
    if (error instanceof MalformedArchive) {
      return null;
    }
    throw error;
  }
}

export function isArchiveDictionary(value: ArchiveValue | undefined): value is ArchiveDictionary {
  return value instanceof Map;
}

export function isArchiveArray(value: ArchiveValue | undefined): value is readonly ArchiveValue[] {
  return Array.isArray(value);
}

/** The string, or `null` where there is none or an empty one. */
export function archiveText(value: ArchiveValue | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

class ArchiveResolver {
  readonly #objects: readonly PlistValue[];
  readonly #done = new Map<number, ArchiveValue>();
  #steps = 0;

  constructor(objects: readonly PlistValue[]) {
    this.#objects = objects;
  }

  fields(dictionary: PlistDictionary, depth: number): ArchiveDictionary {
    const fields = new Map<string, ArchiveValue>();
    for (const [key, value] of dictionary) {
      if (key !== '$class') {
        fields.set(key, this.#resolve(value, depth + 1));
      }
    }
    return fields;
  }

  #resolve(value: PlistValue | undefined, depth: number): ArchiveValue {
    this.#steps += 1;
    if (depth > MAX_DEPTH || this.#steps > MAX_STEPS) {
      throw new MalformedArchive();
    }
    if (value === undefined || value === null || typeof value !== 'object' || value instanceof Uint8Array) {
      return value ?? null;
    }
    if (isPlistArray(value)) {
      return value.map((item) => this.#resolve(item, depth + 1));
    }
    if (isPlistDictionary(value)) {
      return this.#object(value, depth);
    }
    return 'uid' in value ? this.#referenced(value.uid, depth) : value;
  }

  #referenced(index: number, depth: number): ArchiveValue {
    const known = this.#done.get(index);
    if (known !== undefined) {
      return known;
    }
    const object = this.#objects[index];
    if (object === undefined || object === NULL_NAME) {
      return null;
    }
    // Stands for the object while it is being resolved: one that contains itself ends here.
    this.#done.set(index, null);
    const resolved = this.#resolve(object, depth + 1);
    this.#done.set(index, resolved);
    return resolved;
  }

  /** By what it holds rather than by its class, which may be a subclass of anyone's. */
  #object(object: PlistDictionary, depth: number): ArchiveValue {
    const items = object.get('NS.objects');
    const keys = object.get('NS.keys');
    if (isPlistArray(items)) {
      return isPlistArray(keys)
        ? this.#dictionary(keys, items, depth)
        : items.map((item) => this.#resolve(item, depth + 1));
    }
    if (object.has('NS.relative')) {
      const relative = archiveText(this.#resolve(object.get('NS.relative'), depth + 1));
      return relative === null
        ? null
        : resolveUrl(relative, archiveText(this.#resolve(object.get('NS.base'), depth + 1)));
    }
    for (const key of ['NS.string', 'NS.data', 'NSString'] as const) {
      if (object.has(key)) {
        return this.#resolve(object.get(key), depth + 1);
      }
    }
    const seconds = object.get('NS.time');
    if (typeof seconds === 'number') {
      return { date: seconds };
    }
    const uuid = object.get('NS.uuidbytes');
    return uuid instanceof Uint8Array && uuid.length === 16 ? uuidText(uuid) : this.fields(object, depth);
  }

  #dictionary(keys: readonly PlistValue[], items: readonly PlistValue[], depth: number): ArchiveDictionary {
    const entries = new Map<string, ArchiveValue>();
    for (const [index, stored] of keys.entries()) {
      const key = this.#resolve(stored, depth + 1);
      if (typeof key === 'string' || typeof key === 'number') {
        entries.set(String(key), this.#resolve(items[index], depth + 1));
      }
    }
    return entries;
  }
}

function uuidText(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex').toUpperCase();
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
