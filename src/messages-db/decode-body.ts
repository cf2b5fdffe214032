import { FoundationReader, isStreamObject, type FoundationValue } from './foundation.ts';
import { PLAIN, readAttributes, type RunAttributes } from './run-attributes.ts';
import { salvageText } from './salvage-text.ts';
import {
  isKindOf,
  readTypedstream,
  type StreamGroup,
  type StreamObject,
  type StreamValue,
} from './typedstream.ts';
import { MalformedStream } from './typedstream-types.ts';

/** A stretch of the text with the same attributes. UTF-16 units. */
export interface BodyRun {
  readonly start: number;
  readonly length: number;
  readonly attributes: RunAttributes;
}

/** What a body says. `salvaged`: the stream was broken but its text could be picked out; `failed`: nothing could. */
export type DecodedBody =
  | { readonly outcome: 'decoded'; readonly text: string; readonly runs: readonly BodyRun[] }
  | { readonly outcome: 'salvaged'; readonly text: string; readonly runs: readonly BodyRun[] }
  | { readonly outcome: 'failed' };

/** More than the longest body seen (48,165 bytes) by far; what is larger is not read at all. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
const FAILED: DecodedBody = { outcome: 'failed' };

/**
 * Decodes `message.attributedBody`: the typedstream of an NSAttributedString or NSMutableAttributedString. The text
 * is exactly what was stored, U+FFFC placeholders included, and the runs cover it. Never throws, and takes time in
 * proportion to the size of the input.
 */
export function decodeBody(body: Uint8Array): DecodedBody {
  if (body.length > MAX_BODY_BYTES) {
    return FAILED;
  }
  try {
    return readBody(readTypedstream(body));
  } catch (error) {
    if (!(error instanceof MalformedStream)) {
      throw error;
    }
  }
  const text = salvageText(body);
  return text === null ? FAILED : { outcome: 'salvaged', text, runs: [] };
}

/** Any object of Foundation that stands alone in a typedstream, or `undefined` where the stream is none. Never throws. */
export function decodeFoundation(stream: Uint8Array): FoundationValue | undefined {
  if (stream.length > MAX_BODY_BYTES) {
    return undefined;
  }
  try {
    return new FoundationReader().value(readTypedstream(stream));
  } catch (error) {
    if (error instanceof MalformedStream) {
      return undefined;
    }
    throw error;
  }
}

function readBody(root: StreamValue): DecodedBody {
  const reader = new FoundationReader();
  const object = objectOf(root);
  if (isKindOf(object, 'NSString')) {
    const text = reader.string(object);
    return { outcome: 'decoded', text, runs: [{ start: 0, length: text.length, attributes: PLAIN }] };
  }
  if (!isKindOf(object, 'NSAttributedString')) {
    throw new MalformedStream('the root is no string');
  }
  const [stringGroup] = object.groups;
  if (stringGroup?.encoding !== '@') {
    throw new MalformedStream('an attributed string without its string');
  }
  const text = reader.string(objectOf(stringGroup.values[0]));
  return { outcome: 'decoded', text, runs: readRuns(object.groups, text.length, reader) };
}

/** Each run is the number of a dictionary and a length; a number not used before is followed by its dictionary. */
function readRuns(
  groups: readonly StreamGroup[],
  textLength: number,
  reader: FoundationReader,
): readonly BodyRun[] {
  const runs: BodyRun[] = [];
  const dictionaries: RunAttributes[] = [];
  const seen = new Map<StreamObject, RunAttributes>();
  let covered = 0;
  for (let at = 1; at < groups.length; at += 1) {
    const run = groups[at];
    const number = run?.values[0];
    const length = run?.values[1];
    if (run?.encoding !== 'iI' || typeof number !== 'number' || typeof length !== 'number') {
      throw new MalformedStream('not a run');
    }
    if (number === dictionaries.length + 1) {
      at += 1;
      const dictionary = objectOf(groups[at]?.values[0]);
      const attributes = seen.get(dictionary) ?? attributesOf(dictionary, reader);
      seen.set(dictionary, attributes);
      dictionaries.push(attributes);
    }
    const attributes = dictionaries[number - 1];
    if (attributes === undefined) {
      throw new MalformedStream('a run without its attributes');
    }
    runs.push({ start: covered, length, attributes });
    covered += length;
  }
  if (covered !== textLength) {
    throw new MalformedStream('the runs do not cover the text');
  }
  return runs;
}

function attributesOf(dictionary: StreamObject, reader: FoundationReader): RunAttributes {
  if (!isKindOf(dictionary, 'NSDictionary')) {
    throw new MalformedStream('not a dictionary');
  }
  return readAttributes(dictionary, reader);
}

function objectOf(value: StreamValue | undefined): StreamObject {
  if (!isStreamObject(value)) {
    throw new MalformedStream('no object where one must be');
  }
  return value;
}
