import type { Attachment, Message } from '../../domain/index.ts';
import { escapeHtml } from './escape.ts';
import type { PageContext } from './page-context.ts';

/** Kinds of pictures that no common browser shows. */
const APPLE_IMAGE = /^image\/(?:hei[cf]s?|hei[cf]-sequence|tiff)$/u;
const MAY_BE_IMAGE = /^image\//u;

/** A picture in its place, or a chip that names the file. */
export function attachmentHtml(attachment: Attachment, context: PageContext): string {
  const isImage = attachment.isSticker || MAY_BE_IMAGE.test(attachment.mimeType ?? '');
  if (!isImage) {
    return chip(attachment, attachment.isReady ? null : absence(attachment));
  }
  const image = context.image(attachment);
  switch (image.outcome) {
    case 'shown':
      return picture(attachment, image.uri);
    case 'too_large':
      return chip(attachment, 'too large for this page');
    case 'missing':
      return chip(attachment, absence(attachment));
    case 'not_an_image':
      return chip(
        attachment,
        APPLE_IMAGE.test(attachment.mimeType ?? '') ? 'browsers cannot show this kind of picture' : null,
      );
    default:
      return image satisfies never;
  }
}

/** A body names a file that has no row of its own (yet). */
export function unknownAttachmentHtml(): string {
  return '<div class="chip gone"><span class="icon" aria-hidden="true">📎</span><span class="file">An attachment that is not in the database</span></div>';
}

type Audio = NonNullable<Message['audio']>;

/** What was said, where Messages wrote it down. */
export function audioHtml(audio: Audio, attachment: Attachment | null): string {
  const notes = [
    attachment === null ? null : size(attachment.size),
    audio.expiry === 'expired' ? 'expired' : null,
    audio.expiry === 'will_expire' ? 'will expire' : null,
    audio.playedAt === null ? null : 'played',
  ].filter((note) => note !== null && note !== '');
  const said =
    audio.transcription === null
      ? audio.transcriptionStatus === 'pending'
        ? '<p class="said none">The transcript has not arrived.</p>'
        : ''
      : `<p class="said" dir="auto">“${escapeHtml(audio.transcription)}”</p>`;
  return `<div class="voice"><div class="wave" aria-hidden="true">${WAVE}</div><div><p class="file">Voice message</p>${
    notes.length === 0 ? '' : `<p class="note">${notes.join(' · ')}</p>`
  }${said}</div></div>`;
}

const WAVE = '<i></i><i></i><i></i><i></i><i></i><i></i><i></i>';

function picture(attachment: Attachment, uri: string): string {
  const { width, height } = attachment;
  const measures =
    width === null || height === null ? '' : ` width="${Math.round(width)}" height="${Math.round(height)}"`;
  const words =
    attachment.description ?? attachment.filename ?? (attachment.isSticker ? 'Sticker' : 'Picture');
  const name = attachment.isSticker ? 'sticker' : 'photo';
  return `<img class="${name}" src="${uri}" alt="${escapeHtml(words)}"${measures} loading="lazy" decoding="async">`;
}

function chip(attachment: Attachment, note: string | null): string {
  const notes = [size(attachment.size), note].filter((text) => text !== null && text !== '');
  return `<div class="chip${note === null ? '' : ' gone'}"><span class="icon" aria-hidden="true">${icon(
    attachment.mimeType ?? '',
  )}</span><span><span class="file"><bdi>${escapeHtml(attachment.filename ?? 'Attachment')}</bdi></span>${
    notes.length === 0 ? '' : `<span class="note">${notes.join(' · ')}</span>`
  }</span></div>`;
}

function absence(attachment: Attachment): string {
  return attachment.transferState === 5 ? 'the file is not here' : 'never downloaded to this Mac';
}

function icon(type: string): string {
  const [kind = ''] = type.split('/');
  return ICONS.get(type) ?? ICONS.get(kind) ?? '📄';
}

const ICONS: ReadonlyMap<string, string> = new Map([
  ['image', '🖼️'],
  ['video', '🎬'],
  ['audio', '🎵'],
  ['text/vcard', '👤'],
  ['text/x-vcard', '👤'],
]);

const UNITS = ['bytes', 'KB', 'MB', 'GB'] as const;

/** `482 KB`, in the thousands that the Finder counts in; empty where nothing is known. */
function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = value < 10 && unit > 0 ? value.toFixed(1) : String(Math.round(value));
  return bytes <= 0 ? '' : `${digits} ${UNITS[unit] ?? ''}`;
}
