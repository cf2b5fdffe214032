import type { Handle, Message, Part } from '../domain/index.ts';
import { messageId, UNKNOWN_CHAT_ID } from './ids.ts';
import { createMessageMapper, createPlaceIds, NOBODY, stateOf, writerOf } from './to-wire-message.ts';
import type { MessageContext, PlaceIds } from './to-wire-message.ts';

type TextPart = Extract<Part, { type: 'text' }>;

/**
 * `JSON.stringify(toWireMessage(…))`, byte for byte, for long runs of messages. Most messages are a text and nothing
 * more: theirs is written without the object that it describes, which would cost more than to read the row.
 */
export function createMessageEncoder(): (message: Message, context: MessageContext) => string {
  const ids = createPlaceIds();
  const map = createMessageMapper(ids);
  const lines = new Map<Handle | null, string>();
  const quoted = new Map<string, string>();
  const known: KnownPieces = {
    ids,
    line: (handle) => remembered(lines, handle, (line) => lineFields(line, ids)),
    quote: (text) => remembered(quoted, text, JSON.stringify),
  };
  return (message, context) => {
    const part = plainPart(message, context);
    return part === null ? JSON.stringify(map(message, context)) : plainText(message, part, context, known);
  };
}

/** Pieces that come again and again. */
interface KnownPieces {
  readonly ids: PlaceIds;
  line(handle: Handle | null): string;
  quote(text: string): string;
}

/** A few thousand people and a few services; what is more came from no Mac. */
const MAX_KNOWN = 10_000;

function remembered<K>(known: Map<K, string>, key: K, make: (key: K) => string): string {
  let piece = known.get(key);
  if (piece === undefined) {
    piece = make(key);
    if (known.size >= MAX_KNOWN) {
      known.clear();
    }
    known.set(key, piece);
  }
  return piece;
}

function lineFields(line: Handle | null, ids: PlaceIds): string {
  return `"line_id":${JSON.stringify(ids.line(line))},"line_handle":${JSON.stringify(line ?? NOBODY)}`;
}

/** The only part of a message that has no field but those of `plainText`; else `null`. */
function plainPart(message: Message, context: MessageContext): TextPart | null {
  const [part] = message.parts;
  return message.kind.kind === 'text' &&
    message.parts.length === 1 &&
    part?.type === 'text' &&
    part.runs.length === 0 &&
    message.text !== null &&
    message.subject === null &&
    message.attachments.length === 0 &&
    message.audio === null &&
    message.translations.length === 0 &&
    message.replyTo === null &&
    message.effect === null &&
    message.delivery.error === 0 &&
    message.editedAt === null &&
    message.history.length === 0 &&
    message.unsentParts.length === 0 &&
    message.deletedAt === null &&
    message.schedule === null &&
    message.replayOf === null &&
    context.origin === null &&
    context.isLate !== true
    ? part
    : null;
}

/** The fields of `mapMessage` that such a message has, in its order. */
function plainText(message: Message, part: TextPart, context: MessageContext, known: KnownPieces): string {
  const { chat, delivery, filtering, guid } = message;
  const text = JSON.stringify(message.text);
  const chatFields =
    chat === null
      ? `"chat_id":"${UNKNOWN_CHAT_ID}","chat_resolved":"none","is_group":false`
      : `"chat_id":"${known.ids.chat(chat.key)}","chat_resolved":"${message.chatResolved}","is_group":${chat.style === 'group'}`;
  return (
    `{"id":"${messageId(guid)}","guid":${JSON.stringify(guid)},${known.line(message.line)},${chatFields},` +
    `"sender":${known.quote(writerOf(message))},"is_from_me":${message.isFromMe},` +
    `"service":${known.quote(message.service)},"kind":"text","text":${text},"body_status":"${message.bodyStatus}",` +
    `"parts":[{"type":"text",${part.index === null ? '' : `"index":${part.index},`}"text":` +
    `${part.text === message.text ? text : JSON.stringify(part.text)},"runs":[]}],"attachments":[],` +
    `"is_audio_message":false,"translations":[],"state":"${stateOf(message)}",` +
    `"was_downgraded":${delivery.wasDowngraded},"delivered_quietly":${delivery.wasDeliveredQuietly},` +
    `"notified":${delivery.didNotifyRecipient},"sent_at":${message.sentAt},"synced_at":${context.syncedAt},` +
    (delivery.deliveredAt === null ? '' : `"delivered_at":${delivery.deliveredAt},`) +
    (delivery.readAt === null ? '' : `"read_at":${delivery.readAt},`) +
    `"revisions":${message.revisions},"history":[],"is_unsent":${message.isUnsent},"unsent_parts":[],` +
    `"is_recently_deleted":${message.isRecentlyDeleted},"filtering":{"is_spam":${filtering.isSpam},` +
    `"chat":"${filtering.chat}","action":${JSON.stringify(filtering.action)}}}`
  );
}
