import { STREAM_CLASSES, StreamObjects, type StreamValue } from './stream-values.ts';

/** A stretch of a body's text with its attributes, under the names that they have in the stream. */
export interface BodyRun {
  readonly text: string;
  readonly attributes: Readonly<Record<string, StreamValue>>;
}

/** The attribute that says of which part a stretch is. */
const PART = '__kIMMessagePartAttributeName';

/** A run of that part; further attributes come before the part's number, as the order of a dictionary is arbitrary. */
export function run(
  part: number,
  text: string,
  attributes: Readonly<Record<string, StreamValue>> = {},
): BodyRun {
  return { text, attributes: { ...attributes, [PART]: part } };
}

/** U+FFFC with the attachment's guid. */
export function attachmentRun(
  part: number,
  guid: string,
  attributes: Readonly<Record<string, StreamValue>> = {},
): BodyRun {
  return run(part, '\u{FFFC}', { __kIMFileTransferGUIDAttributeName: guid, ...attributes });
}

/**
 * `attributedBody` of any runs. Runs with equal attributes share one dictionary, by its number; lengths count UTF-16
 * units, and the text's own length UTF-8 bytes.
 */
export function encodeRuns(runs: readonly BodyRun[], options: { readonly mutable?: boolean } = {}): Buffer {
  const objects = new StreamObjects();
  const { stream } = objects;
  const isMutable = options.mutable === true;
  stream
    .type('@')
    .object(isMutable ? STREAM_CLASSES.mutableAttributed : STREAM_CLASSES.attributed)
    .type('@');
  objects.string(
    isMutable ? STREAM_CLASSES.mutableString : STREAM_CLASSES.string,
    runs.map((one) => one.text).join(''),
  );
  const dictionaries: string[] = [];
  for (const one of runs.filter(({ text }) => text !== '')) {
    const identity = JSON.stringify(one.attributes, (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    const known = dictionaries.indexOf(identity);
    const number = known < 0 ? dictionaries.push(identity) : known + 1;
    stream.type('iI').int(number).unsigned(one.text.length);
    if (known < 0) {
      stream.type('@');
      objects.dictionary(STREAM_CLASSES.dictionary, one.attributes);
    }
  }
  return stream.end().finish();
}
