import type { HistorySource, Send } from '../../src/deliverability/index.ts';
import {
  chatKey,
  chatRef,
  handle,
  instant,
  messageGuid,
  rowId,
  type Instant,
  type Message,
} from '../../src/domain/index.ts';

const DAY_MS = 86_400_000;
/** Noon in New York, where all of these people live. */
export const END: Instant = instant(Date.UTC(2026, 4, 13, 16));
/** A year of them. */
const SPAN_MS = 365 * DAY_MS;

function address(contact: number): string {
  return `+1212${String(2_000_000 + contact)}`;
}

/** The nth message of a history: two from a contact, one to it, spread over all contacts and the whole year. */
export function messageAt(n: number, at: number, contacts: number): Message {
  const isFromMe = n >= 0 && n % 3 === 2;
  // The three of a conversation stand together.
  const contact = address((Math.abs(Math.floor(n / 3)) * 7_919) % contacts);
  return {
    rowId: rowId(Math.abs(n) + 1),
    guid: messageGuid(`00000000-0000-4000-8000-${String(n).padStart(12, '0')}`),
    chat: chatRef('direct', contact),
    chatResolved: 'join',
    line: handle('+12125559999'),
    isFromMe,
    sender: isFromMe ? null : handle(contact),
    service: 'iMessage',
    kind: { kind: 'text' },
    text: `Message ${n} of a history that was made up, with some words in it`,
    bodyStatus: 'decoded',
    subject: null,
    parts: [],
    attachments: [],
    audio: null,
    sentAt: instant(at),
    delivery: {
      isSent: isFromMe,
      isDelivered: isFromMe,
      isRead: false,
      deliveredAt: isFromMe ? instant(at + 900) : null,
      readAt: null,
      error: 0,
      wasDowngraded: false,
      wasDeliveredQuietly: false,
      didNotifyRecipient: false,
    },
    editedAt: null,
    revisions: 0,
    history: [],
    unsentParts: [],
    isUnsent: false,
    replyTo: null,
    effect: null,
    translations: [],
    schedule: null,
    filtering: { isSpam: false, chat: 'known', action: 'none' },
    isRecentlyDeleted: false,
    deletedAt: null,
    replayOf: null,
  };
}

export function historyOf(size: number, contacts: number): HistorySource {
  const dateOf = (n: number) => Math.round(END - SPAN_MS + ((n + 1) / (size + 1)) * SPAN_MS);
  return {
    lastRowId: () => rowId(size),
    firstRowSince: (since) => rowId(Math.max(1, Math.ceil(((since - END + SPAN_MS) / SPAN_MS) * (size + 1)))),
    rows: (after, limit) => {
      const end = Math.min(size, after + limit);
      const messages = Array.from({ length: Math.max(0, end - after) }, (_, offset) =>
        messageAt(after + offset, dateOf(after + offset), contacts),
      );
      return { messages, next: end >= size ? null : rowId(end) };
    },
  };
}

/** In turn to somebody with an open window, to somebody from months ago, and to a stranger. */
export function sendTo(n: number, contacts: number): Send {
  const to = handle(n % 3 === 2 ? `+1646${String(2_000_000 + n)}` : address((n * 31) % contacts));
  return {
    id: `obx_${n}`,
    chat: chatKey('direct', to),
    recipients: [to],
    family: 'imessage',
    text: `Hello ${n}, this is what you asked for`,
    hasFiles: false,
    bubbles: 1,
    optIn: null,
    onLimit: 'reject',
  };
}
