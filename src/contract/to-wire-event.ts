import type {
  BridgeEvent,
  ChatRef,
  EventType,
  Handle,
  Instant,
  MessageGuid,
  Reaction,
  Sequence,
} from '../domain/index.ts';
import type { WireEvent } from './event.ts';
import { chatId, fileId, lineIdOrUnknown, messageId, reactionId, UNKNOWN_CHAT_ID } from './ids.ts';
import type { WireReaction } from './reaction.ts';
import { toWireAttachment } from './to-wire-attachment.ts';
import { toWireChat } from './to-wire-chat.ts';
import { NOBODY, toWireMessage, writerOf } from './to-wire-message.ts';
import { toWireCommand } from './to-wire-outbox-item.ts';
import { API_VERSION } from './version.ts';

/**
 * What an event's envelope carries: its name, its line (`null` only for events of the bridge itself, `ln_unknown`
 * where a row names none) and its data. `syncedAt` is the moment of journalling.
 */
export function toWireEvent(
  event: BridgeEvent,
  context: { readonly syncedAt: Instant },
): { readonly type: EventType; readonly lineId: string | null; readonly data: unknown } {
  return { type: event.type, ...bodyOf(event, context.syncedAt) };
}

/** The event as it is stored and sent. `id` is `evt_` and something sortable; `at` is when it was journalled. */
export function envelope(fields: {
  readonly id: string;
  readonly sequence: Sequence;
  readonly at: Instant;
  readonly bridgeId: string;
  readonly type: EventType;
  readonly lineId: string | null;
  readonly data: unknown;
}): WireEvent {
  return {
    id: fields.id,
    type: fields.type,
    timestamp: new Date(fields.at).toISOString(),
    sequence: fields.sequence,
    bridge_id: fields.bridgeId,
    line_id: fields.lineId,
    api_version: API_VERSION,
    data: fields.data,
  };
}

function bodyOf(event: BridgeEvent, syncedAt: Instant): { lineId: string | null; data: unknown } {
  switch (event.type) {
    case 'message.received':
    case 'message.created':
    case 'message.sent':
    case 'message.delivered':
    case 'message.failed':
    case 'message.edited':
    case 'message.unsent':
    case 'message.updated':
      return onLine(event.message.line, toWireMessage(event.message, { origin: event.origin, syncedAt }));
    case 'message.read':
      return onLine(event.message.line, {
        ...toWireMessage(event.message, { origin: event.origin, syncedAt }),
        reader: event.reader,
      });
    case 'message.deleted':
      return onLine(event.line, { ...place(event.guid, event.chat, event.line), deleted: true });
    case 'reaction.added':
    case 'reaction.removed':
      return onLine(event.reaction.line, toWireReaction(event.reaction, syncedAt));
    case 'attachment.ready':
      return onLine(event.message.line, attachmentData(event));
    case 'chat.created':
      return onLine(event.chat.line, toWireChat(event.chat));
    case 'chat.updated':
      return onLine(event.message.line, {
        ...place(event.message.guid, event.chat, event.message.line),
        change: event.change,
        name: event.displayName ?? undefined,
        sender: writerOf(event.message),
      });
    case 'participant.added':
    case 'participant.removed':
      return onLine(event.message.line, {
        ...place(event.message.guid, event.chat, event.message.line),
        handle: event.handle ?? undefined,
        sender: writerOf(event.message),
      });
    case 'command.updated':
      return onLine(event.command.line, toWireCommand(event.command));
    case 'bridge.started':
      return { lineId: null, data: { version: event.version, api_version: API_VERSION } };
    case 'bridge.health_changed':
      return { lineId: null, data: { status: event.status, codes: [...event.codes] } };
    case 'bridge.gap':
      return { lineId: null, data: { reason: event.reason, last_row_id: event.lastRowId } };
    default:
      return event satisfies never;
  }
}

function onLine(line: Handle | null, data: object): { lineId: string; data: object } {
  return { lineId: lineIdOrUnknown(line), data };
}

function place(guid: MessageGuid, chat: ChatRef | null, line: Handle | null) {
  return {
    message_id: messageId(guid),
    message_guid: guid,
    chat_id: chat === null ? UNKNOWN_CHAT_ID : chatId(chat.key),
    line_id: lineIdOrUnknown(line),
  };
}

function attachmentData(event: Extract<BridgeEvent, { type: 'attachment.ready' }>): object {
  const { message, attachmentGuid } = event;
  const attachment = message.attachments.find((candidate) => candidate.guid === attachmentGuid);
  const known =
    attachment === undefined
      ? { id: fileId(attachmentGuid), guid: attachmentGuid, size: 0, transfer_state: 5, is_sticker: false }
      : toWireAttachment(attachment);
  return { ...known, ...place(message.guid, message.chat, message.line) };
}

function toWireReaction(reaction: Reaction, syncedAt: Instant): WireReaction {
  return {
    id: reactionId(reaction.guid),
    guid: reaction.guid,
    ...place(reaction.target, reaction.chat, reaction.line),
    part: reaction.part ?? undefined,
    type: reaction.type === 'emoji' ? (reaction.emoji ?? 'emoji') : reaction.type,
    line_handle: reaction.line ?? NOBODY,
    sender: writerOf(reaction),
    is_from_me: reaction.isFromMe,
    added: reaction.added,
    sent_at: reaction.sentAt,
    synced_at: syncedAt,
  };
}
