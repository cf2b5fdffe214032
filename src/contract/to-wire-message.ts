import {
  describeAppleError,
  type ChatKey,
  type Handle,
  type Instant,
  type Message,
  type MessageKind,
  type Origin,
} from '../domain/index.ts';
import { chatId, lineIdOrUnknown, messageId, UNKNOWN_CHAT_ID } from './ids.ts';
import type { WireMessage } from './message.ts';
import { toWireApp, toWirePoll } from './to-wire-app.ts';
import { toWireAttachment } from './to-wire-attachment.ts';
import { toWirePart, toWirePartHistory, toWireTranslation } from './to-wire-parts.ts';

/** A person where chat.db names nobody; the wire demands a word. */
export const NOBODY = 'unknown';

/** What the wire says of a message beside what its row does. */
export interface MessageContext {
  /** For rows of our side. */
  readonly origin: Origin | null;
  /** When it was journalled, else its `sentAt`. */
  readonly syncedAt: Instant;
  /** The row was dated long before it was first seen, and has no twin. */
  readonly isLate?: boolean;
}

/** How ids of lines and chats are found; both are hashes, and the same few come again and again. */
export interface PlaceIds {
  line(handle: Handle | null): string;
  chat(key: ChatKey): string;
}

const HASHED: PlaceIds = { line: lineIdOrUnknown, chat: chatId };

/** A message as the wire shows it. */
export function toWireMessage(message: Message, context: MessageContext): WireMessage {
  return mapMessage(message, context, HASHED);
}

/** Ids of lines and chats that are hashed once and kept. */
export function createPlaceIds(): PlaceIds {
  const lines = new Map<Handle | null, string>();
  const chats = new Map<ChatKey, string>();
  return {
    line: (handle) => remembered(lines, handle, lineIdOrUnknown),
    chat: (key) => remembered(chats, key, chatId),
  };
}

/** `toWireMessage` for long runs of messages. */
export function createMessageMapper(
  ids: PlaceIds = createPlaceIds(),
): (message: Message, context: MessageContext) => WireMessage {
  return (message, context) => mapMessage(message, context, ids);
}

function remembered<K>(known: Map<K, string>, key: K, make: (key: K) => string): string {
  let id = known.get(key);
  if (id === undefined) {
    id = make(key);
    known.set(key, id);
  }
  return id;
}

/** Who wrote a message: the sender, or our own address. */
export function writerOf(message: Pick<Message, 'isFromMe' | 'line' | 'sender'>): string {
  return (message.isFromMe ? message.line : message.sender) ?? NOBODY;
}

// One literal with every field: an export makes a million of these, and objects of one shape are what engines are fast at.
function mapMessage(message: Message, context: MessageContext, ids: PlaceIds): WireMessage {
  const { chat, delivery, kind, replyTo, audio, schedule, effect, replayOf } = message;
  const { origin } = context;
  return {
    id: messageId(message.guid),
    guid: message.guid,
    line_id: ids.line(message.line),
    line_handle: message.line ?? NOBODY,
    chat_id: chat === null ? UNKNOWN_CHAT_ID : ids.chat(chat.key),
    chat_resolved: chat === null ? 'none' : message.chatResolved,
    is_group: chat !== null && chat.style === 'group',
    sender: writerOf(message),
    is_from_me: message.isFromMe,
    origin: origin === null ? undefined : origin.by,
    outbox_id: origin !== null && origin.by === 'bridge' ? origin.command : undefined,
    service: message.service,
    kind: kind.kind,
    reaction: kind.kind === 'reaction' ? reactionOf(kind) : undefined,
    sticker:
      kind.kind === 'sticker'
        ? {
            target_guid: kind.target,
            target_message_id: messageId(kind.target),
            part: kind.part ?? undefined,
          }
        : undefined,
    group_event:
      kind.kind === 'group_event'
        ? { action: kind.action, subject: kind.subject ?? undefined, title: kind.title ?? undefined }
        : undefined,
    location_sharing:
      kind.kind === 'location_sharing' ? { action: kind.action, by_owner: kind.byOwner } : undefined,
    app: kind.kind === 'app' ? toWireApp(kind.bundleId, kind.content) : undefined,
    app_bundle_id:
      kind.kind === 'app' || kind.kind === 'app_notice' ? (kind.bundleId ?? undefined) : undefined,
    app_notice: kind.kind === 'app_notice' ? noticeOf(kind) : undefined,
    poll: kind.kind === 'poll' ? toWirePoll(kind.poll) : undefined,
    codes:
      kind.kind === 'unknown'
        ? {
            item_type: kind.itemType,
            group_action_type: kind.groupActionType,
            associated_message_type: kind.associatedMessageType,
          }
        : undefined,
    text: message.text ?? undefined,
    subject: message.subject ?? undefined,
    body_status: message.bodyStatus,
    parts: message.parts.map(toWirePart),
    attachments:
      message.attachments.length === 0
        ? []
        : message.attachments.map((item) => toWireAttachment(item, transcriptionOf(message, item.guid))),
    is_audio_message: audio !== null,
    audio:
      audio === null
        ? undefined
        : {
            expiry: audio.expiry,
            played_at: audio.playedAt ?? undefined,
            transcription: audio.transcription ?? undefined,
            transcription_status: audio.transcriptionStatus,
          },
    translations: message.translations.map(toWireTranslation),
    reply:
      replyTo === null
        ? undefined
        : {
            guid: replyTo.guid,
            message_id: messageId(replyTo.guid),
            part: replyTo.part ?? undefined,
            start: replyTo.start ?? undefined,
            length: replyTo.length ?? undefined,
          },
    reply_to_guid: replyTo === null ? undefined : replyTo.guid,
    effect: effect === null ? undefined : { type: effect.type, name: effect.name },
    state: stateOf(message),
    error:
      delivery.error === 0
        ? undefined
        : { code: delivery.error, message: describeAppleError(delivery.error) },
    was_downgraded: delivery.wasDowngraded,
    delivered_quietly: delivery.wasDeliveredQuietly,
    notified: delivery.didNotifyRecipient,
    sent_at: message.sentAt,
    synced_at: context.syncedAt,
    delivered_at: delivery.deliveredAt ?? undefined,
    read_at: delivery.readAt ?? undefined,
    edited_at: message.editedAt ?? undefined,
    revisions: message.revisions,
    history: message.history.map(toWirePartHistory),
    is_unsent: message.isUnsent,
    unsent_parts: message.unsentParts.slice(),
    is_recently_deleted: message.isRecentlyDeleted,
    deleted_at: message.deletedAt ?? undefined,
    scheduled: schedule === null ? undefined : { due_at: schedule.dueAt, state: schedule.state },
    filtering: {
      is_spam: message.filtering.isSpam,
      chat: message.filtering.chat,
      action: message.filtering.action,
    },
    backfilled: replayOf === null ? undefined : true,
    replay_of: replayOf ?? undefined,
    late: context.isLate === true ? true : undefined,
  };
}

/** What is said in one attachment: its own part tells, or the whole message where that is its only file. */
export function transcriptionOf(message: Message, attachmentGuid: string): string | null {
  for (const part of message.parts) {
    if (part.type === 'attachment' && part.guid === attachmentGuid && part.transcription !== null) {
      return part.transcription;
    }
  }
  return message.attachments.length === 1 ? (message.audio?.transcription ?? null) : null;
}

/** The same order in which a row proves a command: a read outweighs a delivery, a delivery an error. */
export function stateOf({ isFromMe, delivery }: Message): WireMessage['state'] {
  if (!isFromMe) {
    return 'received';
  }
  if (delivery.isRead) {
    return 'read';
  }
  if (delivery.isDelivered) {
    return 'delivered';
  }
  if (delivery.error !== 0) {
    return 'failed';
  }
  return delivery.isSent ? 'sent' : 'created';
}

function reactionOf(kind: Extract<MessageKind, { kind: 'reaction' }>): NonNullable<WireMessage['reaction']> {
  return {
    action: kind.action,
    type: kind.reaction,
    emoji: kind.emoji ?? undefined,
    target_guid: kind.target,
    target_message_id: messageId(kind.target),
    part: kind.part ?? undefined,
  };
}

function noticeOf(
  kind: Extract<MessageKind, { kind: 'app_notice' }>,
): NonNullable<WireMessage['app_notice']> {
  return kind.target === null ? {} : { target_guid: kind.target, target_message_id: messageId(kind.target) };
}
