import type { Attachment, Message, Part, PartHistory } from '../../domain/index.ts';
import { attachmentHtml, audioHtml, unknownAttachmentHtml } from './attachment.ts';
import { appHtml, pollHtml } from './cards.ts';
import { escapeHtml } from './escape.ts';
import { timeTag } from './moments.ts';
import type { PageContext } from './page-context.ts';
import { writerOf } from './people.ts';
import { isJumbo, richText } from './rich-text.ts';

/** One bubble, picture, card or gap of a message. `part` is what tapbacks call it by. */
export interface Block {
  readonly part: number | null;
  readonly html: string;
}

/** What a message shows, from top to bottom. */
export function blocksOf(message: Message, context: PageContext): readonly Block[] {
  const blocks = [...leading(message, context), ...bodyBlocks(message, context)];
  if (blocks.length > 0) {
    return blocks;
  }
  if (message.isUnsent) {
    return [gap(null, message, context)];
  }
  return [{ part: null, html: bubble(emptyWords(message), 'none') }];
}

/** The subject and the app's own card stand above the body. */
function leading(message: Message, context: PageContext): readonly Block[] {
  const { kind } = message;
  const subject =
    message.subject === null
      ? []
      : [{ part: null, html: bubble(`<b class="subject">${escapeHtml(message.subject)}</b>`) }];
  if (kind.kind === 'app') {
    return [...subject, { part: null, html: appHtml(kind.bundleId, kind.content) }];
  }
  if (kind.kind === 'poll' && kind.poll.action !== 'voted') {
    return [...subject, { part: null, html: pollHtml(kind.poll, context.pollState(message.guid), message) }];
  }
  return subject;
}

function bodyBlocks(message: Message, context: PageContext): readonly Block[] {
  const left = new Map(message.attachments.map((attachment) => [attachment.guid, attachment]));
  const take = (guid: string): Attachment | null => {
    const attachment = left.get(guid) ?? null;
    left.delete(guid);
    return attachment;
  };
  const isCard = message.kind.kind === 'app' || message.kind.kind === 'poll';
  const parts = message.parts
    .filter((part) => !(isCard && isSaidByCard(part, message)))
    .map((part) => partBlock(part, message, context, take));
  // The column `text` knows of no parts.
  const plain =
    message.parts.length > 0 || message.text === null || isCard
      ? []
      : [{ part: 0, html: textBubble(message, { index: 0, text: message.text, runs: [] }, context) }];
  const voice = message.audio;
  const files = [...left.values()].map((attachment) => ({
    part: null,
    html: voice === null ? attachmentHtml(attachment, context) : audioHtml(voice, attachment),
  }));
  // An expired recording may have lost its file's row, and keeps its transcript.
  const hasRecording = files.length > 0 || parts.some(({ html }) => html.startsWith('<div class="voice">'));
  const recording = voice === null || hasRecording ? [] : [{ part: null, html: audioHtml(voice, null) }];
  return [...files, ...recording, ...parts, ...plain];
}

/** The body of a link is its address, and that of a poll its title: the card says both. */
function isSaidByCard(part: Part, message: Message): boolean {
  return part.type === 'app' || (part.type === 'text' && !isOwnText(part.text, message));
}

function isOwnText(text: string, message: Message): boolean {
  const { kind } = message;
  if (kind.kind !== 'app' || kind.content.type !== 'link') {
    return false;
  }
  const shown = text.trim();
  return shown !== '' && shown !== kind.content.url && shown !== kind.content.originalUrl;
}

function partBlock(
  part: Part,
  message: Message,
  context: PageContext,
  take: (guid: string) => Attachment | null,
): Block {
  switch (part.type) {
    case 'text':
      return { part: part.index, html: textBubble(message, part, context) };
    case 'heading':
      return { part: part.index, html: `<p class="heading">${escapeHtml(part.text)}</p>` };
    case 'app':
      return {
        part: part.index,
        html: '<span class="card"><span class="app">An app’s message</span></span>',
      };
    case 'unsent':
      return gap(part.index, message, context);
    case 'attachment': {
      const attachment = take(part.guid);
      if (message.audio !== null) {
        return { part: part.index, html: audioHtml(message.audio, attachment) };
      }
      const html = attachment === null ? unknownAttachmentHtml() : attachmentHtml(attachment, context);
      return { part: part.index, html };
    }
    default:
      return part satisfies never;
  }
}

function textBubble(
  message: Message,
  part: Pick<Extract<Part, { type: 'text' }>, 'index' | 'text' | 'runs'>,
  context: PageContext,
): string {
  const index = part.index ?? 0;
  const translations = message.translations
    .filter((translation) => translation.part === index)
    .map(({ text, language }) => {
      const tag = /^[A-Za-z]{2,3}(?:[-_][A-Za-z0-9]{2,8})*$/u.test(language ?? '')
        ? ` lang="${(language ?? '').replaceAll('_', '-')}"`
        : '';
      return `<span class="translation"${tag} title="Translated by Messages">${escapeHtml(text)}</span>`;
    });
  const inner = richText(part.text, part.runs) + translations.join('');
  const name = translations.length === 0 && isJumbo(part.text) ? 'jumbo' : '';
  return bubble(inner, name) + historyHtml(historyOf(message, index), context);
}

function bubble(inner: string, name = ''): string {
  return `<div class="bubble${name === '' ? '' : ` ${name}`}" dir="auto">${inner}</div>`;
}

function historyOf(message: Message, part: number): PartHistory | null {
  return message.history.find((history) => history.part === part && history.revisions.length > 1) ?? null;
}

/** Everything that the part said before. */
function historyHtml(history: PartHistory | null, { moments }: PageContext): string {
  if (history === null) {
    return '';
  }
  const earlier = history.revisions.slice(0, -1).map(({ at, text }) => {
    const words = text === null ? '<em>could not be decoded</em>' : escapeHtml(text);
    return `<li>${timeTag(at, moments.hour(at), moments.full(at))}<span dir="auto">${words}</span></li>`;
  });
  const times = earlier.length === 1 ? '' : ` ${earlier.length} times`;
  return `<details class="history"><summary>Edited${times}</summary><ol>${earlier.join('')}</ol></details>`;
}

function gap(part: number | null, message: Message, context: PageContext): Block {
  const history = message.history.find((one) => one.part === (part ?? 0)) ?? null;
  const what = part === null || message.isUnsent ? 'a message' : 'a part of this message';
  return {
    part,
    html: `<p class="gap">${writerOf(message)} unsent ${what}</p>${historyHtml(history, context)}`,
  };
}

function emptyWords(message: Message): string {
  switch (message.bodyStatus) {
    case 'undecodable':
      return 'This text could not be decoded';
    case 'none':
    case 'text':
    case 'decoded':
    case 'salvaged':
      return 'Nothing';
    default:
      return message.bodyStatus satisfies never;
  }
}
