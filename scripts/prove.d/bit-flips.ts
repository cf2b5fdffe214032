import { decodeBody } from '../../src/messages-db/index.ts';
import type { Specimen } from './corpus.ts';
import type { Random } from './random.ts';

/** Where in a body a bit lies. Found by the text itself, so that no decoder judges itself. */
type Region = 'head' | 'classes of the string' | 'length of the text' | 'runs and attributes';

export interface FlipReport {
  readonly flips: number;
  readonly exact: number;
  /** `region: outcome` → how often, for every flip that did not yield the text. */
  readonly lost: ReadonlyMap<string, number>;
  /** Of those in `lost`, how many lie outside of the length, where nothing excuses it. */
  readonly inexcusable: readonly string[];
}

/** `04 0b streamtyped 81 e8 03` */
const HEAD_BYTES = 16;

/**
 * Flips single bits outside of the text of bodies whose text is known, one at a time, and looks whether the text is
 * still what it was. All bits of short bodies; of long ones as many as chance gives.
 */
export function flipBits(specimens: readonly Specimen[], random: Random): FlipReport {
  const lost = new Map<string, number>();
  const inexcusable: string[] = [];
  let flips = 0;
  let exact = 0;
  for (const { bytes, text } of specimens) {
    const span = text === null ? null : spanOf(bytes, text);
    if (text === null || span === null) {
      continue;
    }
    for (const bit of bitsOf(bytes, span, random)) {
      const broken = Buffer.from(bytes);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const read = decodeBody(broken);
      flips += 1;
      if (read.outcome !== 'failed' && read.text === text) {
        exact += 1;
        continue;
      }
      const region = regionOf(bit >> 3, span);
      const outcome = read.outcome === 'failed' ? 'nothing' : `another text (${read.outcome})`;
      const name = `${region}: ${outcome}`;
      lost.set(name, (lost.get(name) ?? 0) + 1);
      if (region !== 'length of the text') {
        inexcusable.push(`${name}, bit ${bit & 7} of byte ${bit >> 3} of a body of ${bytes.length} bytes`);
      }
    }
  }
  return { flips, exact, lost, inexcusable };
}

interface Span {
  /** Of the text's own bytes. */
  readonly start: number;
  readonly end: number;
  /** Where the length in front of it begins. */
  readonly length: number;
}

function spanOf(bytes: Buffer, text: string): Span | null {
  const encoded = Buffer.from(text, 'utf8');
  const lengthBytes = encoded.length < 0x80 ? 1 : encoded.length < 0x8000 ? 3 : 5;
  // The text is the first thing behind the classes; a short one may also be a piece of a class's name.
  for (let start = bytes.indexOf(encoded); start >= 0; start = bytes.indexOf(encoded, start + 1)) {
    if (bytes[start - lengthBytes - 1] === 0x2b) {
      return { start, end: start + encoded.length, length: start - lengthBytes };
    }
  }
  return null;
}

function* bitsOf(bytes: Buffer, { start, end }: Span, random: Random): Generator<number> {
  const outside = bytes.length - (end - start);
  const all = bytes.length < 600;
  for (let index = 0; index < (all ? outside * 8 : 400); index += 1) {
    const bit = all ? index : random.below(outside * 8);
    yield bit < start * 8 ? bit : bit + (end - start) * 8;
  }
}

function regionOf(byte: number, { start, length }: Span): Region {
  if (byte < HEAD_BYTES) {
    return 'head';
  }
  if (byte >= length && byte < start) {
    return 'length of the text';
  }
  return byte < length ? 'classes of the string' : 'runs and attributes';
}
