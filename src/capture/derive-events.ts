import {
  chatRef,
  handle,
  type BridgeEvent,
  type Handle,
  type Instant,
  type Message,
  type MessageGuid,
  type Origin,
  type RowId,
} from '../domain/index.ts';
import { asSent, editSteps } from './edit-steps.ts';
import { rowStateOf, type RowState } from './row-state.ts';

/** A new row whose date is further in the past than this comes late: it was not written now. */
const LATE_AFTER_MS = 15 * 60_000;

/**
 * The events of a row that is told for the first time, in the order in which they happened. `seenAt` is when it was
 * first seen: what waited for its chat or its body since then is not late by that.
 */
export function eventsOfNewRow(message: Message, origin: Origin | null, seenAt: Instant): BridgeEvent[] {
  const { kind } = message;
  switch (kind.kind) {
    case 'reaction':
      return [reactionEvent(message, kind)];
    case 'group_event':
      return [groupEvent(message, kind)];
    case 'text':
    case 'sticker':
    case 'location_sharing':
    case 'audio_kept':
    case 'shareplay':
    case 'app':
    case 'app_notice':
    case 'poll':
    case 'unknown': {
      const isLate = message.replayOf === null && seenAt - message.sentAt > LATE_AFTER_MS;
      // Of what iCloud brings back, the row as it is; of anything else also each step that it still tells.
      return isLate || message.replayOf !== null
        ? firstWord(message, origin, isLate)
        : withLaterSteps(message, origin);
    }
    default:
      return kind satisfies never;
  }
}

function firstWord(message: Message, origin: Origin | null, isLate: boolean): BridgeEvent[] {
  return message.isFromMe ? ownRow(message, origin, isLate) : incomingRow(message, isLate);
}

/**
 * A row that was edited, taken back or deleted before it was first seen gives the same events as one that was seen in
 * between: what a client is told does not hang on how fast we looked.
 */
function withLaterSteps(message: Message, origin: Origin | null): BridgeEvent[] {
  const edits = editSteps(message, 0);
  const told = { origin, isLate: false } as const;
  return [
    ...firstWord(edits.length === 0 ? message : asSent(message), origin, false),
    ...edits.map((step) => ({ type: 'message.edited', message: step, ...told }) as const),
    ...(rowStateOf(message).unsent === '' ? [] : [{ type: 'message.unsent', message, ...told } as const]),
    ...(message.isRecentlyDeleted ? [deletedEvent(message)] : []),
  ];
}

/** The events that lead from what was last journalled of a row to what it says now; none where nothing that we tell of changed. */
export function eventsOfChange(previous: RowState, message: Message, origin: Origin | null): BridgeEvent[] {
  if (message.kind.kind === 'reaction' || message.kind.kind === 'group_event') {
    return [];
  }
  const current = rowStateOf(message);
  return [
    ...(message.isFromMe
      ? ownProgress(previous, current, { message, origin, isLate: false })
      : incomingProgress(previous, current, message)),
    ...content(previous, current, message, origin),
    ...attachments(previous, current, message, origin),
    ...deletion(previous, current, message, origin),
  ];
}

/**
 * The events of a row that has left the database; `previous` is `null` for one from before the first start, of which
 * no more than its guid is known. A tapback's row goes whenever another replaces it: that row tells the change.
 */
export function eventsOfDeletedRow(
  previous: RowState | null,
  guid: MessageGuid,
  rowId: RowId,
): BridgeEvent[] {
  if (previous === null) {
    return [{ type: 'message.deleted', guid, rowId, chat: null, line: null }];
  }
  if (previous.kind === 'reaction' || previous.kind === 'group_event' || previous.recentlyDeleted) {
    return [];
  }
  const chat = previous.chat === null ? null : chatRef(previous.chat.style, previous.chat.identifier);
  const line = previous.line === null ? null : handle(previous.line);
  return [{ type: 'message.deleted', guid, rowId, chat, line }];
}

/** What every event of a message says beside its type. */
interface Told {
  readonly message: Message;
  readonly origin: Origin | null;
  readonly isLate: boolean;
}

function incomingRow(message: Message, isLate: boolean): BridgeEvent[] {
  const told: Told = { message, origin: null, isLate };
  const events: BridgeEvent[] = [{ type: 'message.received', ...told }];
  if (message.delivery.isRead) {
    events.push({ type: 'message.read', reader: 'self', ...told });
  }
  return events;
}

function ownRow(message: Message, origin: Origin | null, isLate: boolean): BridgeEvent[] {
  const told: Told = { message, origin, isLate };
  const { isSent, isDelivered, error } = message.delivery;
  const events: BridgeEvent[] = [];
  if (!isSent && !isDelivered && error === 0) {
    events.push({ type: 'message.created', ...told });
  }
  const nothing: RowState = { ...rowStateOf(message), sent: false, delivered: false, read: false, error: 0 };
  return [...events, ...ownProgress(nothing, rowStateOf(message), told)];
}

function ownProgress(previous: RowState, current: RowState, told: Told): BridgeEvent[] {
  const events: BridgeEvent[] = [];
  if (current.error !== 0 && current.error !== previous.error) {
    events.push({ type: 'message.failed', ...told });
  }
  if (current.sent && !previous.sent && current.error === 0) {
    events.push({ type: 'message.sent', ...told });
  }
  if (current.delivered && !previous.delivered) {
    events.push({ type: 'message.delivered', ...told });
  }
  if (current.read && !previous.read) {
    events.push({ type: 'message.read', reader: 'contact', ...told });
  }
  return events;
}

function incomingProgress(previous: RowState, current: RowState, message: Message): BridgeEvent[] {
  return current.read && !previous.read
    ? [{ type: 'message.read', reader: 'self', message, origin: null, isLate: false }]
    : [];
}

function content(
  previous: RowState,
  current: RowState,
  message: Message,
  origin: Origin | null,
): BridgeEvent[] {
  const told: Told = { message, origin, isLate: false };
  const edits = editSteps(message, previous.edits).map(
    (step) => ({ type: 'message.edited', ...told, message: step }) as const,
  );
  if (current.unsent !== previous.unsent) {
    return [...edits, { type: 'message.unsent', ...told }];
  }
  if (edits.length > 0) {
    return edits;
  }
  const elsewhere =
    current.chatByJoin !== previous.chatByJoin ||
    current.chat?.style !== previous.chat?.style ||
    current.chat?.identifier !== previous.chat?.identifier;
  const added = Object.keys(current.attachments).some((guid) => previous.attachments[guid] === undefined);
  const extended = previous.additions !== undefined && current.additions !== previous.additions;
  return current.body !== previous.body || current.kind !== previous.kind || elsewhere || added || extended
    ? [{ type: 'message.updated', ...told }]
    : [];
}

function attachments(
  previous: RowState,
  current: RowState,
  message: Message,
  origin: Origin | null,
): BridgeEvent[] {
  return Object.entries(current.attachments)
    .filter(([guid, isReady]) => isReady && previous.attachments[guid] === false)
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
    ? [deletedEvent(message)]
    : [{ type: 'message.updated', message, origin, isLate: false }];
}

function deletedEvent({ guid, rowId, chat, line }: Message): BridgeEvent {
  return { type: 'message.deleted', guid, rowId, chat, line };
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
    case 'participant_left':
      return { type: 'participant.removed', chat: message.chat, handle: leaverOf(message, kind), message };
    case 'renamed':
    case 'photo_changed':
    case 'photo_removed':
    case 'background_changed':
    case 'background_removed':
    case 'address_changed':
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

/** Who leaves writes the row: its sender, or we. */
function leaverOf(message: Message, kind: Extract<Message['kind'], { kind: 'group_event' }>): Handle | null {
  return kind.subject ?? (message.isFromMe ? message.line : message.sender);
}
