import { decodeBody, type DecodedBody } from './decode-body.ts';
import type { RunAttributes } from './run-attributes.ts';

/** A body with one plain run, without its text and the two lengths: what is the same in every body of its kind. */
interface Template {
  /** Everything up to the text's length. */
  readonly head: Buffer;
  /** Everything behind the run's length. */
  readonly tail: Buffer;
  readonly part: number | null;
}

/** A body as the fast path gives it: one part, all of it text. */
export interface PlainBody {
  readonly text: string;
  readonly part: number | null;
}

interface Length {
  readonly value: number;
  readonly width: number;
}

/** The end of the text's string, the new type string `iI`, and dictionary number 1. */
const BETWEEN = Buffer.of(0x86, 0x84, 0x02, 0x69, 0x49, 0x01);
/** Few forms occur in one database; each costs two comparisons where the ones before it do not fit. */
const MAX_TEMPLATES = 12;
const REPLACEMENT = '\uFFFD';

/**
 * Decodes bodies, and remembers the bytes around the text of plain ones. The next body with exactly these bytes
 * differs in its text alone, because neither a text nor a length changes how the rest of a stream is read; so its text
 * is taken out without decoding the rest again. Any difference, and the decoder reads the whole of it.
 */
export class BodyDecoder {
  readonly #templates: Template[] = [];

  /** The text of a body that is plain text and nothing else, if its form is known; else `null`. */
  plain(body: Buffer): PlainBody | null {
    for (const template of this.#templates) {
      const text = textIn(body, template);
      if (text !== null) {
        return { text, part: template.part };
      }
    }
    return null;
  }

  decode(body: Buffer): DecodedBody {
    const decoded = decodeBody(body);
    if (decoded.outcome === 'decoded' && this.#templates.length < MAX_TEMPLATES) {
      this.#learn(body, decoded);
    }
    return decoded;
  }

  #learn(body: Buffer, decoded: Extract<DecodedBody, { outcome: 'decoded' }>): void {
    const [run] = decoded.runs;
    if (decoded.runs.length !== 1 || run === undefined || !isPlain(run.attributes)) {
      return;
    }
    const content = Buffer.from(decoded.text, 'utf8');
    const between = body.indexOf(BETWEEN);
    const start = between - content.length;
    for (const width of [1, 3, 5]) {
      const at = start - width;
      const length = at <= 0 ? null : lengthAt(body, at);
      const runLength = lengthAt(body, between + BETWEEN.length);
      if (length?.width !== width || length.value !== content.length || runLength === null) {
        continue;
      }
      const template = {
        // Copies: the body belongs to its row.
        head: Buffer.from(body.subarray(0, at)),
        tail: Buffer.from(body.subarray(between + BETWEEN.length + runLength.width)),
        part: run.attributes.part,
      };
      if (textIn(body, template) === decoded.text) {
        this.#templates.push(template);
        return;
      }
    }
  }
}

function isPlain(attributes: RunAttributes): boolean {
  return (
    attributes.attachmentGuid === null &&
    attributes.transcription === null &&
    !attributes.isHeading &&
    !attributes.isPlugin &&
    attributes.styles.length === 0 &&
    attributes.effect === null &&
    attributes.mention === null &&
    attributes.link === null &&
    attributes.oneTimeCode === null &&
    attributes.detection === null
  );
}

function textIn(body: Buffer, { head, tail }: Template): string | null {
  const tailAt = body.length - tail.length;
  if (tailAt <= head.length || body.compare(head, 0, head.length, 0, head.length) !== 0) {
    return null;
  }
  const length = lengthAt(body, head.length);
  if (length === null) {
    return null;
  }
  const start = head.length + length.width;
  const end = start + length.value;
  const runLength = end + BETWEEN.length < tailAt ? lengthAt(body, end + BETWEEN.length) : null;
  const isWhole = runLength !== null && end + BETWEEN.length + runLength.width === tailAt;
  if (
    !isWhole ||
    body.compare(BETWEEN, 0, BETWEEN.length, end, end + BETWEEN.length) !== 0 ||
    body.compare(tail, 0, tail.length, tailAt) !== 0
  ) {
    return null;
  }
  // Byte-order marks and broken letters are left to the decoder.
  const text = body[start] === 0xff ? null : body.toString('utf8', start, end);
  return text === null || text.length !== runLength.value || text.includes(REPLACEMENT) ? null : text;
}

function lengthAt(body: Buffer, at: number): Length | null {
  const head = body[at] ?? 0x80;
  if (head === 0x81) {
    return at + 3 <= body.length ? { value: body.readUInt16LE(at + 1), width: 3 } : null;
  }
  if (head === 0x82) {
    return at + 5 <= body.length ? { value: body.readUInt32LE(at + 1), width: 5 } : null;
  }
  return head >= 0x80 && head <= 0x91 ? null : { value: head, width: 1 };
}
