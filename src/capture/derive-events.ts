import {
  chatRef,
  handle,
  type BridgeEvent,
  type Message,
  type MessageGuid,
  type Origin,
  type RowId,
} from '../domain/index.ts';
import { rowStateOf, type RowState } from './row-state.ts';

/** `attachment.transfer_state` of a file that is on the disk. */
const ON_DISK = 5;

/** The events of a row that is seen for the first time, in the order in which they happened. */
export function eventsOfNewRow(message: Message, origin: Origin | null): BridgeEvent[] {
  const { kind } = message;
  switch (kind.kind) {
    case 'reaction':
      return [reactionEvent(message, kind)];
    case 'group_event':
      return [groupEvent(message, kind)];
    case 'text':
    case 'app':
    case 'unknown':
      return message.isFromMe ? ownRow(message, origin) : incomingRow(message);
    default:
      return kind satisfies never;
  }
}

/** The events that lead from what was last journalled of a row to what it says now; none where nothing that we tell of changed. */
export function eventsOfChange(previous: RowState, message: Message, origin: Origin | null): BridgeEvent[] {
  if (message.kind.kind === 'reaction' || message.kind.kind === 'group_event') {
    return [];
  }
  const current = rowStateOf(message);
  return [
    ...(message.isFromMe
      ? ownProgress(previous, current, message, origin)
      : incomingProgress(previous, current, message)),
    ...content(previous, current, message, origin),
    ...attachments(previous, current, message, origin),
    ...deletion(previous, current, message, origin),
  ];
}

/** The events of a row that has left the database. A tapback's row goes whenever another replaces it: that row tells the change. */
export function eventsOfDeletedRow(previous: RowState, guid: MessageGuid, rowId: RowId): BridgeEvent[] {
  if (previous.kind === 'reaction' || previous.kind === 'group_event' || previous.recentlyDeleted) {
    return [];
  }
  const chat = previous.chat === null ? null : chatRef(previous.chat.style, previous.chat.identifier);
  const line = previous.line === null ? null : handle(previous.line);
  return [{ type: 'message.deleted', guid, rowId, chat, line }];
}

function incomingRow(message: Message): BridgeEvent[] {
  const events: BridgeEvent[] = [{ type: 'message.received', message, origin: null }];
  if (message.delivery.isRead) {
    events.push({ type: 'message.read', reader: 'self', message, origin: null });
  }
  return events;
}

function ownRow(message: Message, origin: Origin | null): BridgeEvent[] {
  const { isSent, isDelivered, error } = message.delivery;
  const events: BridgeEvent[] = [];
  if (!isSent && !isDelivered && error === 0) {
    events.push({ type: 'message.created', message, origin });
  }
  const nothing: RowState = { ...rowStateOf(message), sent: false, delivered: false, read: false, error: 0 };
  return [...events, ...ownProgress(nothing, rowStateOf(message), message, origin)];
}

function ownProgress(
  previous: RowState,
  current: RowState,
  message: Message,
  origin: Origin | null,
): BridgeEvent[] {
  const events: BridgeEvent[] = [];
  if (current.error !== 0 && current.error !== previous.error) {
    events.push({ type: 'message.failed', message, origin });
  }
  if (current.sent && !previous.sent && current.error === 0) {
    events.push({ type: 'message.sent', message, origin });
  }
  if (current.delivered && !previous.delivered) {
    events.push({ type: 'message.delivered', message, origin });
  }
  if (current.read && !previous.read) {
    events.push({ type: 'message.read', reader: 'contact', message, origin });
  }
  return events;
}

function incomingProgress(previous: RowState, current: RowState, message: Message): BridgeEvent[] {
  return current.read && !previous.read
    ? [{ type: 'message.read', reader: 'self', message, origin: null }]
    : [];
}

function content(
  previous: RowState,
  current: RowState,
  message: Message,
  origin: Origin | null,
): BridgeEvent[] {
  if (current.unsent !== previous.unsent) {
    return [{ type: 'message.unsent', message, origin }];
  }
  if (current.revisions > previous.revisions) {
    return [{ type: 'message.edited', message, origin }];
  }
  const elsewhere =
    current.chatByJoin !== previous.chatByJoin ||
    current.chat?.style !== previous.chat?.style ||
    current.chat?.identifier !== previous.chat?.identifier;
  const added = Object.keys(current.attachments).some((guid) => previous.attachments[guid] === undefined);
  return current.body !== previous.body || current.kind !== previous.kind || elsewhere || added
    ? [{ type: 'message.updated', message, origin }]
    : [];
}

function attachments(
  previous: RowState,
  current: RowState,
  message: Message,
  origin: Origin | null,
): BridgeEvent[] {
  return Object.entries(current.attachments)
    .filter(([guid, state]) => {
      const before = previous.attachments[guid];
      return state === ON_DISK && before !== undefined && before !== ON_DISK;
    })
    .map(([attachmentGuid]) => ({ type: 'attachment.ready', message, attachmentGuid, origin }));
}

function deletion(
  previous: RowState,
  current: RowState,
  message: Message,
  origin: Origin | null,
): BridgeEvent[] {
  if (current.recentlyDeleted === previous.recentlyDeleted) {
    return [];
  }
  return current.recentlyDeleted
    ? [
        {
          type: 'message.deleted',
          guid: message.guid,
          rowId: message.rowId,
          chat: message.chat,
          line: message.line,
        },
      ]
    : [{ type: 'message.updated', message, origin }];
}

function reactionEvent(message: Message, kind: Extract<Message['kind'], { kind: 'reaction' }>): BridgeEvent {
  return {
    type: kind.action === 'add' ? 'reaction.added' : 'reaction.removed',
    reaction: {
      guid: message.guid,
      target: kind.target,
      part: kind.part,
      type: kind.reaction,
      emoji: kind.emoji,
      chat: message.chat,
      sender: message.sender,
      isFromMe: message.isFromMe,
      line: message.line,
      sentAt: message.sentAt,
      added: kind.action === 'add',
    },
  };
}

function groupEvent(message: Message, kind: Extract<Message['kind'], { kind: 'group_event' }>): BridgeEvent {
  switch (kind.action) {
    case 'participant_added':
      return { type: 'participant.added', chat: message.chat, handle: kind.subject, message };
    case 'participant_removed':
      return { type: 'participant.removed', chat: message.chat, handle: kind.subject, message };
    case 'renamed':
    case 'photo_changed':
      return {
        type: 'chat.updated',
        // A group event without a chat cannot be shown anywhere else: its own sender stands in.
        chat: message.chat ?? chatRef('direct', message.sender ?? ''),
        change: kind.action,
        displayName: kind.title,
        message,
      };
    default:
      return kind.action satisfies never;
  }
}
