import type { TextEffect, TextStyle } from '../domain/index.ts';
import { isUrl, type FoundationReader, type FoundationValue } from './foundation.ts';
import type { StreamObject } from './typedstream.ts';

/** What the attributes of a run say of it. */
export interface RunAttributes {
  readonly part: number | null;
  /** The run is an attachment's placeholder. */
  readonly attachmentGuid: string | null;
  readonly isEmojiImage: boolean;
  readonly transcription: string | null;
  readonly isHeading: boolean;
  readonly isPlugin: boolean;
  readonly styles: readonly TextStyle[];
  readonly effect: TextEffect | null;
  readonly mention: string | null;
  readonly link: string | null;
  readonly oneTimeCode: string | null;
  readonly detection: { readonly type: DetectionType; readonly archive: Uint8Array | null } | null;
}

type DetectionType = 'phone_number' | 'address' | 'money' | 'calendar_event' | 'other';

const NO_STYLES: readonly TextStyle[] = [];

/** A run that has nothing but its letters. */
export const PLAIN: RunAttributes = {
  part: null,
  attachmentGuid: null,
  isEmojiImage: false,
  transcription: null,
  isHeading: false,
  isPlugin: false,
  styles: NO_STYLES,
  effect: null,
  mention: null,
  link: null,
  oneTimeCode: null,
  detection: null,
};

const STYLES: ReadonlyMap<string, TextStyle> = new Map([
  ['__kIMTextBoldAttributeName', 'bold'],
  ['__kIMTextItalicAttributeName', 'italic'],
  ['__kIMTextUnderlineAttributeName', 'underline'],
  ['__kIMTextStrikethroughAttributeName', 'strikethrough'],
]);
const STYLE_ORDER: readonly TextStyle[] = ['bold', 'italic', 'underline', 'strikethrough'];

const EFFECTS: ReadonlyMap<number, TextEffect> = new Map<number, TextEffect>([
  [4, 'ripple'],
  [5, 'big'],
  [6, 'bloom'],
  [8, 'nod'],
  [9, 'shake'],
  [10, 'jitter'],
  [11, 'small'],
  [12, 'explode'],
]);

const DETECTIONS: ReadonlyMap<string, DetectionType> = new Map<string, DetectionType>([
  ['__kIMPhoneNumberAttributeName', 'phone_number'],
  ['__kIMAddressAttributeName', 'address'],
  ['__kIMMoneyAttributeName', 'money'],
  ['__kIMCalendarEventAttributeName', 'calendar_event'],
  ['__kIMDataDetectedAttributeName', 'other'],
]);

/** Reads the dictionary of a run. Keys that say nothing of the conversation are passed over. */
export function readAttributes(dictionary: StreamObject, reader: FoundationReader): RunAttributes {
  const read: { -readonly [K in keyof RunAttributes]: RunAttributes[K] } = { ...PLAIN };
  for (const [key, stored] of reader.entries(dictionary)) {
    const style = STYLES.get(key);
    const detection = DETECTIONS.get(key);
    if (key === '__kIMMessagePartAttributeName') {
      read.part = partNumber(reader.value(stored));
    } else if (style !== undefined) {
      read.styles = isSet(reader.value(stored)) ? withStyle(read.styles, style) : read.styles;
    } else if (detection !== undefined) {
      // A phone number, say, is marked as detected in general as well: the name that says more stays.
      if (read.detection === null || read.detection.type === 'other') {
        read.detection = { type: detection, archive: bytesOf(reader.value(stored)) };
      }
    } else {
      readOther(read, key, () => reader.value(stored));
    }
  }
  return read;
}

function readOther(
  read: { -readonly [K in keyof RunAttributes]: RunAttributes[K] },
  key: string,
  value: () => FoundationValue,
): void {
  switch (key) {
    case '__kIMFileTransferGUIDAttributeName':
      read.attachmentGuid = textOf(value());
      break;
    case '__kIMEmojiImageAttributeName':
      read.isEmojiImage = isSet(value());
      break;
    case 'IMAudioTranscription':
      read.transcription = textOf(value());
      break;
    case '__kIMBreadcrumbTextMarkerAttributeName':
      read.isHeading = true;
      break;
    case '__kIMPluginPayloadAttributeName':
      read.isPlugin = true;
      break;
    case '__kIMTextEffectAttributeName':
      read.effect = effectOf(value());
      break;
    case '__kIMMentionConfirmedMention':
      read.mention = textOf(value());
      break;
    case '__kIMLinkAttributeName':
      read.link = linkOf(value());
      break;
    case '__kIMOneTimeCodeAttributeName':
      read.oneTimeCode = codeOf(value());
      break;
    default:
  }
}

/** A number that is no part's is no number; it has been seen as a string, too. */
function partNumber(value: FoundationValue): number | null {
  const number = typeof value === 'string' && value !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number >= 0 ? number : null;
}

function isSet(value: FoundationValue): boolean {
  return (typeof value === 'number' && value !== 0) || (typeof value === 'string' && value !== '');
}

function withStyle(styles: readonly TextStyle[], style: TextStyle): readonly TextStyle[] {
  return STYLE_ORDER.filter((one) => one === style || styles.includes(one));
}

function effectOf(value: FoundationValue): TextEffect | null {
  return typeof value === 'number' && value !== 0 ? (EFFECTS.get(value) ?? value) : null;
}

function textOf(value: FoundationValue): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

function bytesOf(value: FoundationValue): Uint8Array | null {
  return value instanceof Uint8Array ? value : null;
}

function linkOf(value: FoundationValue): string | null {
  return isUrl(value) ? value.url : textOf(value);
}

/** A dictionary of the code and the way in which it is shown. */
function codeOf(value: FoundationValue): string | null {
  if (value instanceof Map) {
    const code: unknown = value.get('code') ?? value.get('displayCode');
    return typeof code === 'string' ? code : typeof code === 'number' ? String(code) : null;
  }
  return textOf(value);
}
