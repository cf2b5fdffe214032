import { salvageText } from './salvage-text.ts';
import {
  isKindOf,
  readTypedstream,
  type StreamGroup,
  type StreamObject,
  type StreamValue,
} from './typedstream.ts';
import { MalformedStream } from './typedstream-types.ts';
import { decodeUtf8, utf16Text } from './unicode-text.ts';

/** What a body says. `salvaged`: the stream was broken but its text could be picked out; `failed`: nothing could. */
export type DecodedBody =
  | { readonly outcome: 'decoded'; readonly text: string; readonly attachmentGuids: readonly string[] }
  | { readonly outcome: 'salvaged'; readonly text: string; readonly attachmentGuids: readonly string[] }
  | { readonly outcome: 'failed' };

/** Attribute of the run under a U+FFFC: the guid of the attachment that stands there. */
const TRANSFER_GUID = '__kIMFileTransferGUIDAttributeName';

/**
 * Decodes `message.attributedBody`: the typedstream of an NSAttributedString or NSMutableAttributedString. The text
 * is exactly what was stored, U+FFFC placeholders included; `attachmentGuids` are in the order of their placeholders.
 * Never throws, and takes time in proportion to the size of the input.
 */
export function decodeBody(body: Uint8Array): DecodedBody {
  try {
    return { outcome: 'decoded', ...new BodyReader().read(readTypedstream(body)) };
  } catch (error) {
    if (!(error instanceof MalformedStream)) {
      throw error;
    }
  }
  const text = salvageText(body);
  return text === null ? { outcome: 'failed' } : { outcome: 'salvaged', text, attachmentGuids: [] };
}

interface AttributedText {
  readonly text: string;
  readonly attachmentGuids: readonly string[];
}

/** One body being read. What it refers to again is looked at once, so that no forged body costs more than its size. */
class BodyReader {
  readonly #strings = new Map<StreamObject, string>();
  readonly #transferGuids = new Map<StreamObject, string | null>();

  read(root: StreamValue): AttributedText {
    const object = objectOf(root);
    if (isKindOf(object, 'NSString')) {
      return { text: this.#stringOf(object), attachmentGuids: [] };
    }
    if (!isKindOf(object, 'NSAttributedString')) {
      throw new MalformedStream('the root is no string');
    }
    const [stringGroup, ...runs] = object.groups;
    if (stringGroup?.encoding !== '@') {
      throw new MalformedStream('an attributed string without its string');
    }
    const text = this.#stringOf(objectOf(stringGroup.values[0]));
    return { text, attachmentGuids: this.#readRuns(runs, text.length) };
  }

  /** Each run is the number of a dictionary and a length; a number not used before is followed by its dictionary. */
  #readRuns(groups: readonly StreamGroup[], textLength: number): readonly string[] {
    const guids = new Set<string>();
    let dictionaries = 0;
    let covered = 0;
    for (let at = 0; at < groups.length; at += 1) {
      const run = groups[at];
      const [number, length] = run?.values ?? [];
      if (run?.encoding !== 'iI' || typeof number !== 'number' || typeof length !== 'number') {
        throw new MalformedStream('not a run');
      }
      covered += length;
      if (number === dictionaries + 1) {
        dictionaries = number;
        at += 1;
        const guid = this.#transferGuidOf(objectOf(groups[at]?.values[0]));
        if (guid !== null) {
          guids.add(guid);
        }
      } else if (number < 1 || number > dictionaries) {
        throw new MalformedStream('a run without its attributes');
      }
    }
    if (covered !== textLength) {
      throw new MalformedStream('the runs do not cover the text');
    }
    return [...guids];
  }

  #transferGuidOf(dictionary: StreamObject): string | null {
    const known = this.#transferGuids.get(dictionary);
    if (known !== undefined) {
      return known;
    }
    const [countGroup, ...entries] = dictionary.groups;
    const count = Number(countGroup?.values[0]);
    if (
      !isKindOf(dictionary, 'NSDictionary') ||
      countGroup?.encoding !== 'i' ||
      entries.length !== 2 * count
    ) {
      throw new MalformedStream('not a dictionary');
    }
    let guid: string | null = null;
    for (let at = 0; at < entries.length; at += 2) {
      const key = entries[at]?.values[0];
      const value = entries[at + 1]?.values[0];
      if (isString(key) && isString(value) && this.#stringOf(key) === TRANSFER_GUID) {
        guid = this.#stringOf(value);
      }
    }
    this.#transferGuids.set(dictionary, guid);
    return guid;
  }

  #stringOf(object: StreamObject): string {
    const known = this.#strings.get(object);
    if (known !== undefined) {
      return known;
    }
    const [group] = object.groups;
    const bytes = group?.values[0];
    if (!isKindOf(object, 'NSString') || object.groups.length !== 1 || !(bytes instanceof Uint8Array)) {
      throw new MalformedStream('not a string');
    }
    const text = utf16Text(bytes) ?? decodeUtf8(bytes);
    if (text === null) {
      throw new MalformedStream('a string that is not UTF-8');
    }
    this.#strings.set(object, text);
    return text;
  }
}

function isString(value: StreamValue | undefined): value is StreamObject {
  return isObject(value) && isKindOf(value, 'NSString');
}

function isObject(value: StreamValue | undefined): value is StreamObject {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'object';
}

function objectOf(value: StreamValue | undefined): StreamObject {
  if (!isObject(value)) {
    throw new MalformedStream('no object where one must be');
  }
  return value;
}
