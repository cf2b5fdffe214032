import {
  canonicalHandle,
  chatKey,
  type ChatKey,
  type ChatRef,
  type Instant,
  type Message,
} from '../../domain/index.ts';
import type { Keyword } from '../keywords.ts';
import type { Family } from '../send.ts';

/** Stands for the chat of a row that tells none (yet). */
export const UNKNOWN_CHAT = chatKey('direct', 'unknown');

/** What the ledger keeps of a message: no text, no file, no name. */
export interface Entry {
  /** The message's guid: one message counts once, however often it is told. */
  readonly source: string;
  readonly chat: ChatKey;
  readonly at: Instant;
  readonly isOut: boolean;
  /** It came so long after its date that it opens no window. */
  readonly isLate: boolean;
  readonly family: Family;
  /** Apple's error; 0 is none. */
  readonly error: number;
  readonly deliveredAt: Instant | null;
  /** The contact's devices were silent about it. */
  readonly wasQuiet: boolean;
  /** This bridge sent it. */
  readonly isOurs: boolean;
  readonly digest: number | null;
  readonly keyword: Keyword | null;
  readonly isSpam: boolean;
}

export interface EntryReading {
  readonly isLate: boolean;
  readonly isOurs: boolean;
  readonly digest: (text: string | null) => number | null;
  readonly keyword: (text: string | null) => Keyword | null;
}

/** A message as the ledger counts it; `null` for what is no message to a contact: tapbacks, group events, replays. */
export function entryOf(message: Message, reading: EntryReading): Entry | null {
  if (!counts(message)) {
    return null;
  }
  const { delivery } = message;
  return {
    source: message.guid,
    chat: counterpart(message),
    at: message.sentAt,
    isOut: message.isFromMe,
    isLate: reading.isLate,
    family: familyOf(message.service),
    error: delivery.isDelivered ? 0 : delivery.error,
    deliveredAt: delivery.deliveredAt,
    wasQuiet: delivery.wasDeliveredQuietly && !delivery.didNotifyRecipient,
    isOurs: reading.isOurs,
    digest: message.isFromMe ? reading.digest(message.text) : null,
    keyword: message.isFromMe ? null : reading.keyword(message.text),
    isSpam: message.filtering.isSpam || message.filtering.chat === 'spam',
  };
}

/** `direct:` with the address in its one form, so that a contact is one whatever the service; a group is its chat. */
export function contactKey(chat: ChatKey | ChatRef): ChatKey {
  const key = typeof chat === 'string' ? chat : chat.key;
  return key.startsWith('direct:') ? chatKey('direct', canonicalHandle(key.slice('direct:'.length))) : key;
}

export function familyOf(service: string): Family {
  return service === 'iMessage' || service === '' ? 'imessage' : 'carrier';
}

function counts(message: Message): boolean {
  const { kind, replayOf, schedule, delivery } = message;
  if (replayOf !== null || (schedule !== null && !delivery.isSent)) {
    return false;
  }
  switch (kind.kind) {
    case 'text':
    case 'app':
      return true;
    case 'poll':
      return kind.poll.action === 'created';
    case 'unknown':
      return kind.itemType === 0 && kind.associatedMessageType === 0;
    case 'reaction':
    case 'sticker':
    case 'group_event':
    case 'location_sharing':
    case 'audio_kept':
    case 'shareplay':
    case 'app_notice':
      return false;
    default:
      return kind satisfies never;
  }
}

function counterpart(message: Message): ChatKey {
  if (message.chat !== null) {
    return contactKey(message.chat);
  }
  // Nothing tells the chat yet; an update of the row will.
  return message.sender === null ? UNKNOWN_CHAT : chatKey('direct', message.sender);
}
