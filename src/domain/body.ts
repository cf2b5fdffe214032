import type { Handle, Instant } from './ids.ts';

export type TextStyle = 'bold' | 'italic' | 'underline' | 'strikethrough';

/** Animations of a stretch of text (macOS 15 on); a number that is not known stays a number. */
export type TextEffect =
  | 'ripple'
  | 'big'
  | 'bloom'
  | 'nod'
  | 'shake'
  | 'jitter'
  | 'small'
  | 'explode'
  | number;

/** What the data detectors found in a stretch of text. */
export interface Detected {
  readonly type: 'phone_number' | 'address' | 'money' | 'calendar_event' | 'other';
  /** What matched, as the detector stored it; `null` where its archive cannot be read. */
  readonly text: string | null;
}

/** A stretch of a text part that carries something beside its letters. */
export interface TextRun {
  /** UTF-16 units from the beginning of the part's text. */
  readonly start: number;
  readonly length: number;
  readonly styles: readonly TextStyle[];
  readonly effect: TextEffect | null;
  /** Whom the stretch mentions. */
  readonly mention: Handle | null;
  /** Where it links to: a URL of any scheme, `tel:` and `mailto:` among them. */
  readonly link: string | null;
  /** A one-time code that the stretch shows. */
  readonly oneTimeCode: string | null;
  readonly detected: Detected | null;
}

/**
 * One piece of a message, in the order in which it is shown. `index` is the number by which tapbacks, edits and
 * replies name it; `null` where the body gives none.
 */
export type Part =
  | {
      readonly type: 'text';
      readonly index: number | null;
      readonly text: string;
      readonly runs: readonly TextRun[];
    }
  | {
      readonly type: 'attachment';
      readonly index: number | null;
      /** `attachment.guid`; there may be no row of it yet. */
      readonly guid: string;
      /** An inline picture that stands for a letter: genmoji, memoji, a sticker in the text. */
      readonly isEmoji: boolean;
      readonly transcription: string | null;
    }
  /** Where an app's balloon stands (U+FFFD). */
  | { readonly type: 'app'; readonly index: number | null }
  /** A heading line of an app message. */
  | { readonly type: 'heading'; readonly index: number | null; readonly text: string }
  /** Taken back by its sender. */
  | { readonly type: 'unsent'; readonly index: number };

/** What one part said at one time. `text` is `null` where that revision's body cannot be decoded. */
export interface Revision {
  readonly at: Instant;
  readonly text: string | null;
}

/** Every text that a part has had: the first is what was sent, the last is what it says now. */
export interface PartHistory {
  readonly part: number;
  readonly revisions: readonly Revision[];
}

/** Messages' own translation of a part (macOS 26). */
export interface Translation {
  readonly part: number;
  readonly text: string;
  readonly language: string | null;
  readonly sourceLanguage: string | null;
}
