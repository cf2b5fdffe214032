import { describeAppleError, type Instant, type Message, type Origin } from '../domain/index.ts';
import { chatId, lineIdOrUnknown, messageId, UNKNOWN_CHAT_ID } from './ids.ts';
import type { WireMessage } from './message.ts';
import { toWireAttachment } from './to-wire-attachment.ts';

/** A person where chat.db names nobody; the wire demands a word. */
export const NOBODY = 'unknown';

/**
 * A message as the wire shows it. `origin` is for rows of our side, `syncedAt` is when it was journalled (else its
 * `sentAt`).
 */
export function toWireMessage(
  message: Message,
  extra: { readonly origin: Origin | null; readonly syncedAt: Instant },
): WireMessage {
  const { delivery } = message;
  return {
    id: messageId(message.guid),
    line_id: lineIdOrUnknown(message.line),
    line_handle: message.line ?? NOBODY,
    chat_id: message.chat === null ? UNKNOWN_CHAT_ID : chatId(message.chat.key),
    chat_resolved: message.chat === null ? 'none' : message.chatResolved,
    is_group: message.chat?.style === 'group',
    guid: message.guid,
    sender: writerOf(message),
    is_from_me: message.isFromMe,
    origin: extra.origin?.by,
    outbox_id: extra.origin?.by === 'bridge' ? extra.origin.command : undefined,
    ...kindOf(message),
    text: message.text ?? undefined,
    subject: message.subject ?? undefined,
    body_status: message.bodyStatus,
    service: message.service,
    was_downgraded: delivery.wasDowngraded,
    attachments: message.attachments.map(toWireAttachment),
    is_audio_message: message.isAudioMessage,
    reply_to_guid: message.replyTo ?? undefined,
    state: stateOf(message),
    error:
      delivery.error === 0
        ? undefined
        : { code: delivery.error, message: describeAppleError(delivery.error) },
    sent_at: message.sentAt,
    synced_at: extra.syncedAt,
    delivered_at: delivery.deliveredAt ?? undefined,
    read_at: delivery.readAt ?? undefined,
    edited_at: message.editedAt ?? undefined,
    revisions: message.revisions,
    is_unsent: message.isUnsent,
    unsent_parts: [...message.unsentParts],
    is_recently_deleted: message.isRecentlyDeleted,
  };
}

/** Who wrote a message: the sender, or our own address. */
export function writerOf(message: Pick<Message, 'isFromMe' | 'line' | 'sender'>): string {
  return (message.isFromMe ? message.line : message.sender) ?? NOBODY;
}

/** The same order in which a row proves a command: a read outweighs a delivery, a delivery an error. */
function stateOf({ isFromMe, delivery }: Message): WireMessage['state'] {
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

function kindOf({
  kind,
}: Message): Pick<WireMessage, 'kind' | 'codes' | 'reaction' | 'group_event' | 'app_bundle_id'> {
  switch (kind.kind) {
    case 'text':
      return { kind: 'text' };
    case 'unknown':
      return {
        kind: 'unknown',
        codes: {
          item_type: kind.itemType,
          group_action_type: kind.groupActionType,
          associated_message_type: kind.associatedMessageType,
        },
      };
    case 'reaction':
      return {
        kind: 'reaction',
        reaction: {
          action: kind.action,
          type: kind.reaction,
          emoji: kind.emoji ?? undefined,
          target_guid: kind.target,
          part: kind.part ?? undefined,
        },
      };
    case 'group_event':
      return {
        kind: 'group_event',
        group_event: {
          action: kind.action,
          subject: kind.subject ?? undefined,
          title: kind.title ?? undefined,
        },
      };
    case 'app':
      return { kind: 'app', app_bundle_id: kind.bundleId };
    default:
      return kind satisfies never;
  }
}
