import { describeAppleError, type Message } from '../../domain/index.ts';
import { blocksOf, type Block } from './blocks.ts';
import { escapeHtml } from './escape.ts';
import { eventWords } from './event-words.ts';
import { marksHtml } from './marks.ts';
import { timeTag } from './moments.ts';
import type { PageContext } from './page-context.ts';
import { colourOf, writerOf } from './people.ts';
import type { Mark } from './timeline.ts';

/** How a message stands among its neighbours. */
export interface Place {
  /** Somebody else wrote the one above, or it is long ago. */
  readonly isFirst: boolean;
  readonly isLast: boolean;
}

/** One message: a centred line for what happened, bubbles for what was said. */
export function messageHtml(message: Message, place: Place, context: PageContext): string {
  const words = eventWords(message);
  const time = timeTag(
    message.sentAt,
    context.moments.hour(message.sentAt),
    context.moments.full(message.sentAt),
  );
  if (words !== null) {
    return `<p class="event" id="m${message.rowId}">${words} ${time}</p>\n`;
  }
  const blocks = withMarks(blocksOf(message, context), context.marksOn(message.guid), message, context);
  const isText = message.service.toLowerCase() !== 'imessage';
  const names = [
    'message',
    message.isFromMe ? 'out' : 'in',
    ...(isText ? ['text'] : []),
    ...(place.isFirst ? ['first'] : []),
    ...(place.isLast ? ['last'] : []),
  ];
  return `<article class="${names.join(' ')}" id="m${message.rowId}">${[
    nameHtml(message, place, context),
    quoteHtml(message, context),
    ...blocks,
    metaHtml(message, place, time),
  ].join('')}</article>\n`;
}

/** Whether both belong to one run of bubbles. */
export function isSameRun(above: Message, below: Message): boolean {
  const RUN_GAP_MS = 15 * 60_000;
  return (
    eventWords(above) === null &&
    eventWords(below) === null &&
    above.isFromMe === below.isFromMe &&
    above.sender === below.sender &&
    Math.abs(below.sentAt - above.sentAt) < RUN_GAP_MS
  );
}

/** In a group the name stands above a run of bubbles; everywhere else it is there for who listens to the page. */
function nameHtml(message: Message, place: Place, { isGroup }: PageContext): string {
  const isShown = isGroup && !message.isFromMe && place.isFirst;
  const names = isShown ? `name c${colourOf(message.sender)}` : 'name hidden';
  return `<h3 class="${names}">${writerOf(message)}</h3>`;
}

function quoteHtml(message: Message, context: PageContext): string {
  if (message.replyTo === null) {
    return '';
  }
  const replied = context.replied(message.replyTo.guid);
  if (replied === null) {
    return '<span class="quote gone">A message that is not here</span>';
  }
  const { message: target, isOnPage } = replied;
  const inner = `<b>${writerOf(target)}</b><span dir="auto">${quotedWords(target, message.replyTo.part)}</span>`;
  return isOnPage
    ? `<a class="quote" href="#m${target.rowId}">${inner}</a>`
    : `<span class="quote">${inner}</span>`;
}

const QUOTED_LENGTH = 200;

function quotedWords(target: Message, part: number | null): string {
  const quoted = target.parts.find((one) => one.type === 'text' && one.index === part);
  const text = quoted?.type === 'text' ? quoted.text : target.text;
  if (text !== null && text !== '') {
    return text.length <= QUOTED_LENGTH
      ? escapeHtml(text)
      : `${escapeHtml(text.slice(0, QUOTED_LENGTH).replace(/[\uD800-\uDBFF]$/u, ''))}…`;
  }
  if (target.isUnsent) {
    return 'Unsent message';
  }
  const [first] = target.attachments;
  return first === undefined ? 'Message' : escapeHtml(first.filename ?? 'Attachment');
}

/** A mark stands on the bubble of its part; without one, on the first. */
function withMarks(
  blocks: readonly Block[],
  marks: readonly Mark[],
  message: Message,
  context: PageContext,
): readonly string[] {
  const placeOf = (mark: Mark) => {
    const at = blocks.findIndex((block) => mark.part !== null && block.part === mark.part);
    return Math.max(0, at);
  };
  return blocks.map((block, index) => {
    const own = marksHtml(
      marks.filter((mark) => placeOf(mark) === index),
      context,
    );
    return `<div class="block${own === '' ? '' : ' marked'}" title="${context.moments.full(message.sentAt)}">${block.html}${own}</div>`;
  });
}

/** Under the last bubble of a run: when, and what became of it. Trouble is told under every bubble. */
function metaHtml(message: Message, place: Place, time: string): string {
  const notes = notesOf(message, place.isLast);
  return place.isLast || notes.length > 0
    ? `<p class="meta">${[...(place.isLast ? [time] : []), ...notes].join(' · ')}</p>`
    : '';
}

function notesOf(message: Message, isLast: boolean): readonly string[] {
  const { delivery, effect, filtering, schedule } = message;
  return [
    isLast || delivery.error !== 0 ? stateWords(message) : null,
    effect === null ? null : `Sent with ${escapeHtml(effect.name.replaceAll('_', ' '))}`,
    delivery.wasDowngraded ? 'Sent as text message' : null,
    delivery.wasDeliveredQuietly ? 'Delivered quietly' : null,
    schedule !== null && schedule.state !== 3 ? 'Scheduled' : null,
    filtering.isSpam ? 'Marked as junk' : null,
    message.isRecentlyDeleted ? 'Recently deleted' : null,
    message.bodyStatus === 'salvaged' ? 'Text recovered from a damaged body' : null,
    message.editedAt !== null && message.history.length === 0 ? 'Edited' : null,
  ].filter((note) => note !== null);
}

/** The order in which a row proves it: a read outweighs a delivery, a delivery an error. */
function stateWords({ isFromMe, delivery, schedule }: Message): string | null {
  if (!isFromMe || schedule !== null) {
    return null;
  }
  if (delivery.isRead) {
    return 'Read';
  }
  if (delivery.isDelivered) {
    return 'Delivered';
  }
  if (delivery.error !== 0) {
    return `<span class="failed" title="${escapeHtml(describeAppleError(delivery.error))}">Not delivered</span>`;
  }
  return delivery.isSent ? 'Sent' : null;
}
