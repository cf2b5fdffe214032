import { canonicalHandle, type Detected, type Part, type TextRun } from '../domain/index.ts';
import type { BodyRun } from './decode-body.ts';
import { archiveText, isArchiveDictionary, readKeyedArchive } from './keyed-archive.ts';
import type { RunAttributes } from './run-attributes.ts';

/** Stands in the text where an app's balloon is. */
const BALLOON_MARK = '\uFFFD';
const NO_RUNS: readonly TextRun[] = [];
const ENDS_IN_SPACE = /\s$/u;
const BEGINS_WITH_SPACE = /^\s/u;

type Stretch = Extract<Part, { type: 'text' | 'heading' }>;

/**
 * The runs of a body as parts: neighbours of one number are one part, each placeholder is an attachment by the guid of
 * its attribute, never by its position. A U+FFFC without a guid was typed, or pasted, and is text.
 * @param isBalloon the row belongs to an app: a lone U+FFFD is the place of its balloon
 */
export function bodyParts(text: string, runs: readonly BodyRun[], isBalloon: boolean): readonly Part[] {
  const parts: Part[] = [];
  let open: { readonly index: number | null; from: number; end: number; runs: TextRun[] } | null = null;
  const close = () => {
    if (open !== null) {
      parts.push({
        type: 'text',
        index: open.index,
        text: text.slice(open.from, open.end),
        runs: open.runs.length === 0 ? NO_RUNS : open.runs,
      });
      open = null;
    }
  };
  for (const run of runs) {
    const { attributes } = run;
    const end = run.start + run.length;
    const standing = standingPart(text.slice(run.start, end), attributes, isBalloon);
    if (standing !== null || open?.index !== attributes.part) {
      close();
    }
    if (standing !== null) {
      parts.push(standing);
    } else if (run.length > 0) {
      open ??= { index: attributes.part, from: run.start, end: run.start, runs: [] };
      open.end = end;
      const carried = textRun(run, run.start - open.from);
      if (carried !== null) {
        open.runs.push(carried);
      }
    }
  }
  close();
  return parts;
}

/** What stands for itself: an attachment, a balloon, a heading; `null` for a stretch of text. */
function standingPart(content: string, attributes: RunAttributes, isBalloon: boolean): Part | null {
  const index = attributes.part;
  if (attributes.attachmentGuid !== null) {
    return {
      type: 'attachment',
      index,
      guid: attributes.attachmentGuid,
      isEmoji: attributes.isEmojiImage,
      transcription: attributes.transcription,
    };
  }
  if (content === BALLOON_MARK && (isBalloon || attributes.isPlugin)) {
    return { type: 'app', index };
  }
  return attributes.isHeading && content !== '' ? { type: 'heading', index, text: content } : null;
}

function textRun(run: BodyRun, start: number): TextRun | null {
  const { styles, effect, mention, link, oneTimeCode, detection } = run.attributes;
  const isPlain =
    styles.length === 0 &&
    effect === null &&
    mention === null &&
    link === null &&
    oneTimeCode === null &&
    detection === null;
  return isPlain
    ? null
    : {
        start,
        length: run.length,
        styles,
        effect,
        mention: mention === null ? null : canonicalHandle(mention),
        link,
        oneTimeCode,
        detected: detection === null ? null : detected(detection),
      };
}

/** The archive of a data detector: `dd-result` with the matched text in `MS` (and a value in `V`). */
function detected(detection: NonNullable<RunAttributes['detection']>): Detected {
  const top = detection.archive === null ? null : readKeyedArchive(detection.archive);
  const result = top?.get('dd-result') ?? top?.get('root');
  const fields = isArchiveDictionary(result) ? result : null;
  return {
    type: detection.type,
    text: archiveText(fields?.get('MS')) ?? archiveText(fields?.get('V')),
  };
}

/**
 * What a person reads of the parts: the letters of the body and nothing else, but for one newline where the last
 * letter of a part would run into the first of the next. Pieces of one part (around an inline picture) stay together.
 */
export function textOfParts(parts: readonly Part[]): string {
  let text = '';
  let last: Stretch | null = null;
  for (const part of parts) {
    if (part.type === 'text' || part.type === 'heading') {
      text += last !== null && needsNewline(last, part) ? `\n${part.text}` : part.text;
      last = part;
    }
  }
  return text;
}

function needsNewline(last: Stretch, next: Stretch): boolean {
  const isOnePart = last.type === next.type && last.index !== null && last.index === next.index;
  return !isOnePart && !ENDS_IN_SPACE.test(last.text) && !BEGINS_WITH_SPACE.test(next.text);
}

/** The parts with those that were taken back in their places, which the numbers of the others leave free. */
export function withUnsentParts(parts: readonly Part[], unsent: readonly number[]): readonly Part[] {
  if (unsent.length === 0) {
    return parts;
  }
  const present = new Set(parts.map((part) => part.index));
  const gaps = unsent.filter((index) => !present.has(index));
  const filled: Part[] = [];
  for (const part of parts) {
    while (part.index !== null && gaps[0] !== undefined && gaps[0] < part.index) {
      filled.push({ type: 'unsent', index: gaps[0] });
      gaps.shift();
    }
    filled.push(part);
  }
  return [...filled, ...gaps.map((index): Part => ({ type: 'unsent', index }))];
}
