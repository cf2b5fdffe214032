import { TypedstreamWriter, type StreamClass } from './typedstream-writer.ts';

const NS_OBJECT: StreamClass = { name: 'NSObject', version: 0, base: null };
const NS_STRING: StreamClass = { name: 'NSString', version: 1, base: NS_OBJECT };
const NS_MUTABLE_STRING: StreamClass = { name: 'NSMutableString', version: 1, base: NS_STRING };
const NS_DICTIONARY: StreamClass = { name: 'NSDictionary', version: 0, base: NS_OBJECT };
const NS_VALUE: StreamClass = { name: 'NSValue', version: 0, base: NS_OBJECT };
const NS_NUMBER: StreamClass = { name: 'NSNumber', version: 0, base: NS_VALUE };
const ATTRIBUTED: StreamClass = { name: 'NSAttributedString', version: 0, base: NS_OBJECT };
const MUTABLE_ATTRIBUTED: StreamClass = {
  name: 'NSMutableAttributedString',
  version: 0,
  base: ATTRIBUTED,
};

/** Stands for an attachment in a body's text; one UTF-16 unit. */
export const ATTACHMENT_MARK = '\u{FFFC}';

export interface BodyOptions {
  /** Guids in order. Each takes the next U+FFFC of the text; those that find none are set before the text. */
  readonly attachments?: readonly string[];
  /** Parts that were taken back: the others keep their numbers. */
  readonly withoutParts?: readonly number[];
  /** Root NSMutableAttributedString, as on three rows of ten, instead of NSAttributedString. */
  readonly mutable?: boolean;
}

/** One part of a body as Messages numbers them: a stretch of text, or one attachment. */
export interface BodyPart {
  readonly number: number;
  readonly text: string;
  readonly attachment: string | null;
}

/**
 * A body's parts in order. An attachment is a part of its own and splits the text around it.
 * `text` may hold U+FFFC where attachments stand.
 */
export function bodyParts(text: string, attachments: readonly string[] = []): BodyPart[] {
  const marks = text.split(ATTACHMENT_MARK).length - 1;
  const whole = ATTACHMENT_MARK.repeat(Math.max(0, attachments.length - marks)) + text;
  const parts: BodyPart[] = [];
  let used = 0;
  for (const [index, stretch] of whole.split(ATTACHMENT_MARK).entries()) {
    if (index > 0) {
      parts.push({ number: parts.length, text: ATTACHMENT_MARK, attachment: attachments[used] ?? null });
      used += 1;
    }
    if (stretch !== '') {
      parts.push({ number: parts.length, text: stretch, attachment: null });
    }
  }
  return parts;
}

/**
 * `attributedBody` as Messages writes it: a typedstream of an attributed string whose runs carry the part's number
 * and, on U+FFFC, the attachment's guid. Lengths of runs count UTF-16 units; the text's own length counts UTF-8 bytes
 * and takes each of the format's three forms (1, 2 or 4 bytes) as it needs.
 */
export function encodeBody(text: string, options: BodyOptions = {}): Buffer {
  const gone = new Set(options.withoutParts);
  const parts = bodyParts(text, options.attachments).filter((part) => !gone.has(part.number));
  const stream = new TypedstreamWriter();
  stream.type('@').object(options.mutable === true ? MUTABLE_ATTRIBUTED : ATTRIBUTED);
  stream.type('@');
  writeString(
    stream,
    options.mutable === true ? NS_MUTABLE_STRING : NS_STRING,
    parts.map((part) => part.text).join(''),
  );
  for (const [index, part] of parts.entries()) {
    // No two parts share their attributes, so each run brings a dictionary of its own.
    stream
      .type('iI')
      .int(index + 1)
      .unsigned(part.text.length);
    writeAttributes(stream, part);
  }
  return stream.end().finish();
}

function writeAttributes(stream: TypedstreamWriter, part: BodyPart): void {
  stream.type('@').object(NS_DICTIONARY);
  stream.type('i').int(part.attachment === null ? 1 : 2);
  if (part.attachment !== null) {
    writeString(stream.type('@'), NS_STRING, '__kIMFileTransferGUIDAttributeName');
    writeString(stream.type('@'), NS_STRING, part.attachment);
  }
  writeString(stream.type('@'), NS_STRING, '__kIMMessagePartAttributeName');
  stream.type('@').object(NS_NUMBER).type('*').cString('i').type('i').int(part.number).end();
  stream.end();
}

function writeString(stream: TypedstreamWriter, kind: StreamClass, text: string): void {
  stream.object(kind).type('+').bytes(Buffer.from(text, 'utf8')).end();
}
