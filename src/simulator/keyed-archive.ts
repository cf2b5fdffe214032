import { encodePlist, type PlistValue } from './binary-plist.ts';
import { encodeXmlPlist } from './xml-plist.ts';

/** What a keyed archive can hold. Equal plain strings are stored once; every other value is an object of its own. */
export type ArchiveValue =
  | null
  | boolean
  | number
  | string
  | Buffer
  | { readonly real: number }
  | readonly ArchiveValue[]
  | { readonly set: readonly ArchiveValue[] }
  | { readonly dictionary: Readonly<Record<string, ArchiveValue>> }
  /** Seconds since 2001. */
  | { readonly date: number }
  | { readonly url: string; readonly base?: string }
  | { readonly uuid: Buffer }
  | { readonly mutableString: string }
  | { readonly attributed: string }
  /** An instance of any other class; its fields under their own keys. */
  | { readonly object: readonly string[]; readonly fields: Readonly<Record<string, ArchiveValue>> };

/**
 * A property list as NSKeyedArchiver writes it: `$objects` with `$null` first, each instance with its `$class`, classes
 * stored once, and `$top` naming the root (`root`, or `dd-result` for the data detectors).
 */
export function encodeArchive(
  root: ArchiveValue,
  options: { readonly top?: string; readonly form?: 'binary' | 'xml' } = {},
): Buffer {
  const archiver = new Archiver();
  const uid = archiver.add(root);
  const list: PlistValue = {
    dictionary: {
      $version: 100_000,
      $archiver: 'NSKeyedArchiver',
      $top: { dictionary: { [options.top ?? 'root']: uid } },
      $objects: archiver.objects,
    },
  };
  return options.form === 'xml' ? encodeXmlPlist(list) : encodePlist(list);
}

type Uid = { readonly uid: number };

class Archiver {
  readonly objects: PlistValue[] = ['$null'];
  readonly #strings = new Map<string, Uid>();
  readonly #classes = new Map<string, Uid>();

  add(value: ArchiveValue): Uid {
    if (value === null) {
      return { uid: 0 };
    }
    if (typeof value === 'string') {
      const known = this.#strings.get(value);
      if (known !== undefined) {
        return known;
      }
      const uid = this.#put(value);
      this.#strings.set(value, uid);
      return uid;
    }
    if (typeof value === 'number' || typeof value === 'boolean' || Buffer.isBuffer(value)) {
      return this.#put(value);
    }
    if (isList(value)) {
      return this.#instance(['NSArray', 'NSObject'], () => ({ 'NS.objects': this.#all(value) }));
    }
    return this.#addObject(value);
  }

  #addObject(
    value: Exclude<ArchiveValue, null | boolean | number | string | Buffer | readonly ArchiveValue[]>,
  ): Uid {
    if ('real' in value) {
      return this.#put({ real: value.real });
    }
    if ('set' in value) {
      return this.#instance(['NSSet', 'NSObject'], () => ({ 'NS.objects': this.#all(value.set) }));
    }
    if ('dictionary' in value) {
      return this.#instance(['NSDictionary', 'NSObject'], () => ({
        'NS.keys': this.#all(Object.keys(value.dictionary)),
        'NS.objects': this.#all(Object.values(value.dictionary)),
      }));
    }
    if ('date' in value) {
      return this.#instance(['NSDate', 'NSObject'], () => ({ 'NS.time': { real: value.date } }));
    }
    if ('url' in value) {
      return this.#instance(['NSURL', 'NSObject'], () => ({
        'NS.base': value.base === undefined ? { uid: 0 } : this.add({ url: value.base }),
        'NS.relative': this.add(value.url),
      }));
    }
    if ('uuid' in value) {
      return this.#instance(['NSUUID', 'NSObject'], () => ({ 'NS.uuidbytes': value.uuid }));
    }
    if ('mutableString' in value) {
      const classes = ['NSMutableString', 'NSString', 'NSObject'];
      return this.#instance(classes, () => ({ 'NS.string': value.mutableString }));
    }
    if ('attributed' in value) {
      return this.#instance(['NSAttributedString', 'NSObject'], () => ({
        NSString: this.add({ mutableString: value.attributed }),
        NSAttributes: this.add({ dictionary: {} }),
      }));
    }
    const { fields } = value;
    return this.#instance(value.object, () =>
      Object.fromEntries(Object.entries(fields).map(([key, field]) => [key, this.#field(field)])),
    );
  }

  /** An instance keeps its numbers and flags in place, and everything else by reference. */
  #field(field: ArchiveValue): PlistValue {
    return typeof field === 'number' || typeof field === 'boolean' ? field : this.add(field);
  }

  /** The place is taken before the fields are written, as Apple's archiver does. */
  #instance(classes: readonly string[], fields: () => Record<string, PlistValue>): Uid {
    const uid = this.#put('');
    const content = fields();
    this.objects[uid.uid] = { dictionary: { ...content, $class: this.#class(classes) } };
    return uid;
  }

  #class(classes: readonly string[]): Uid {
    const [name = 'NSObject'] = classes;
    const known = this.#classes.get(name);
    if (known !== undefined) {
      return known;
    }
    const uid = this.#put({ dictionary: { $classname: name, $classes: classes } });
    this.#classes.set(name, uid);
    return uid;
  }

  #all(values: readonly ArchiveValue[]): PlistValue {
    return values.map((value) => this.add(value));
  }

  #put(value: PlistValue): Uid {
    this.objects.push(value);
    return { uid: this.objects.length - 1 };
  }
}

function isList(value: ArchiveValue): value is readonly ArchiveValue[] {
  return Array.isArray(value);
}
