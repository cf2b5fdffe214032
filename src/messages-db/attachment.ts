import type { Attachment } from '../domain/index.ts';
import { appleSeconds } from './apple-time.ts';
import { attachmentPath, isFileOfMessages } from './attachment-place.ts';
import type { AttachmentRow } from './attachment-rows.ts';
import { isPlistDictionary, type PlistDictionary, type PlistValue } from './binary-plist.ts';
import { mediaType } from './media-type.ts';
import { readPropertyList } from './property-list.ts';
import { blobOf, flagOf, integerOf, textOf, type SqlValue } from './sql-value.ts';

/** `attachment.transfer_state`: the file is on the disk. */
const ON_DISK = 5;
/** Files that belong to a link preview or an app's balloon, not to the conversation. */
const PLUGIN_PAYLOAD = '.pluginPayloadAttachment';
/** Keys under which the attachment's own note of a transcript has been seen. */
const TRANSCRIPTION_KEYS = ['audio-transcription', 'IMAudioTranscription', 'transcription'] as const;

/** What a sticker's source calls itself, looked for in this order. */
const STICKER_SOURCES: readonly (readonly [RegExp, NonNullable<Attachment['stickerKind']>])[] = [
  [/genmoji/iu, 'genmoji'],
  [/animoji|jellyfish|memoji/iu, 'memoji'],
  [/usergenerated/iu, 'user'],
  [/emoji/iu, 'emoji'],
];

/** Only a preview's file: it is no attachment of the message. */
export function isPluginPayload(row: AttachmentRow): boolean {
  return (
    textOf(row.filename)?.endsWith(PLUGIN_PAYLOAD) === true ||
    textOf(row.transfer_name)?.endsWith(PLUGIN_PAYLOAD) === true
  );
}

/** The name that people see, else the file's. */
export function shownName(row: AttachmentRow): string | null {
  return textOf(row.transfer_name) ?? textOf(row.filename)?.split('/').at(-1) ?? null;
}

/** As stored, else as Messages noted it, else by the ending of the name. */
export function mimeTypeOf(row: AttachmentRow): string | null {
  const stored = textOf(row.mime_type);
  if (stored !== null) {
    return stored;
  }
  const noted = dictionaryOf(row.user_info)?.get('mime-type');
  if (typeof noted === 'string' && noted !== '') {
    return noted;
  }
  const byName = textOf(row.transfer_name) === null ? null : mediaType(textOf(row.transfer_name) ?? '');
  return byName ?? mediaType(textOf(row.filename) ?? '');
}

export function toAttachment(row: AttachmentRow, messagesFolder: string): Attachment {
  const state = integerOf(row.transfer_state);
  const filename = textOf(row.filename);
  const isReady =
    state === ON_DISK &&
    filename !== null &&
    isFileOfMessages(attachmentPath(filename, messagesFolder), messagesFolder);
  const attribution = dictionaryOf(row.attribution_info);
  const isSticker = flagOf(row.is_sticker);
  return {
    guid: textOf(row.guid) ?? '',
    filename: shownName(row),
    mimeType: mimeTypeOf(row),
    uti: textOf(row.uti),
    size: Math.max(0, integerOf(row.total_bytes)),
    transferState: state,
    isReady,
    isSticker,
    stickerKind: isSticker ? stickerKind(row, attribution) : null,
    description: textOf(row.emoji_image_short_description),
    isOutgoing: flagOf(row.is_outgoing),
    width: pixels(attribution?.get('pgensw')),
    height: pixels(attribution?.get('pgensh')),
    createdAt: appleSeconds(integerOf(row.created_date)),
  };
}

/** The transcript of a voice message, where it is noted at the file rather than in the body. */
export function notedTranscription(row: AttachmentRow): string | null {
  const info = dictionaryOf(row.user_info);
  for (const key of TRANSCRIPTION_KEYS) {
    const text = info?.get(key);
    if (typeof text === 'string' && text !== '') {
      return text;
    }
  }
  return null;
}

function dictionaryOf(stored: SqlValue): PlistDictionary | null {
  const blob = blobOf(stored);
  const root = blob === null ? null : readPropertyList(blob)?.root;
  return isPlistDictionary(root) ? root : null;
}

function stickerKind(
  row: AttachmentRow,
  attribution: PlistDictionary | null,
): NonNullable<Attachment['stickerKind']> {
  const sources = [dictionaryOf(row.sticker_user_info), attribution]
    .flatMap((info) => (info === null ? [] : [...info.values()]))
    .filter((value) => typeof value === 'string')
    .join(' ');
  return STICKER_SOURCES.find(([source]) => source.test(sources))?.[1] ?? 'other';
}

function pixels(value: PlistValue | undefined): number | null {
  return typeof value === 'number' && value > 0 && Number.isFinite(value) ? Math.round(value) : null;
}
