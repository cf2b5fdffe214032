import { instant, messageGuid, rowId, type Handle, type Message } from '../domain/index.ts';
import { appleMilliseconds } from './apple-time.ts';
import type { AttachmentRow } from './attachment-rows.ts';
import { withUnsentParts } from './body-parts.ts';
import { chatOfMessage } from './chat-of-row.ts';
import { messageChanges } from './message-changes.ts';
import { AT, type MessageRow } from './message-columns.ts';
import { messageContent, type ContentReader, type MessageContent } from './message-content.ts';
import { messageKind } from './message-kind.ts';
import { audioOf, filteringOf, replyTarget, scheduleOf, sendEffect } from './message-marks.ts';
import type { ChatEntry, RowReferences } from './row-references.ts';
import { flagOf, integerOf, textOf } from './sql-value.ts';

/** A row as it is now, and what has not arrived in it yet. */
export interface ReadMessage {
  readonly message: Message;
  readonly missing: {
    /** No chat has been joined to it: its chat is derived, or unknown. */
    readonly join: boolean;
    /** A plain text without text, body or attachment. */
    readonly body: boolean;
  };
  /** A scheduled message that has not left: its row is no message yet. */
  readonly hold: boolean;
}

/** What a row does not hold itself. */
export interface MessageReader extends ContentReader {
  readonly references: RowReferences;
  readonly deletedAt: (id: Message['rowId']) => Message['deletedAt'];
  /** Asked only where a row of the same second makes a replay possible. */
  readonly replayOf: (message: Message) => Message['replayOf'];
}

const SCHEDULE_SENT = 3;

/** A row in the words of the domain. */
export function toReadMessage(
  row: MessageRow,
  attached: readonly AttachmentRow[],
  reader: MessageReader,
): ReadMessage {
  const place = chatOfMessage(row, reader.references);
  const content = messageContent(row, attached, reader);
  const plain = toMessage(row, place, content, reader);
  const message = flagOf(row[AT.TWIN]) ? withReplay(plain, reader) : plain;
  return {
    message,
    missing: { join: !place.isJoined, body: isBodyMissing(row, message, content) },
    hold: message.schedule !== null && message.schedule.state !== SCHEDULE_SENT,
  };
}

function withReplay(message: Message, reader: MessageReader): Message {
  const replayOf = reader.replayOf(message);
  return replayOf === null ? message : { ...message, replayOf };
}

function toMessage(
  row: MessageRow,
  place: ReturnType<typeof chatOfMessage>,
  content: MessageContent,
  reader: MessageReader,
): Message {
  const { references } = reader;
  const id = rowId(integerOf(row[AT.ROW_ID]));
  const isFromMe = flagOf(row[AT.is_from_me]);
  const sender = references.handle(row[AT.handle_id]);
  const deliveredAt = appleMilliseconds(row[AT.DELIVERED]);
  const sentAt = appleMilliseconds(row[AT.SENT]) ?? deliveredAt ?? instant(0);
  const changes = messageChanges(row);
  const service = textOf(row[AT.service]) ?? sender?.service ?? place.entry?.service ?? '';
  return {
    rowId: id,
    guid: messageGuid(textOf(row[AT.guid]) ?? ''),
    chat: place.chat,
    chatResolved: place.isJoined ? 'join' : 'handle',
    line: lineOf(row, place.entry, references),
    isFromMe,
    sender: isFromMe || sender === null ? null : sender.handle,
    service,
    kind: messageKind(row, references, content.parts),
    text: content.text,
    bodyStatus: content.bodyStatus,
    subject: textOf(row[AT.subject]),
    parts: withUnsentParts(content.parts, changes.unsentParts),
    attachments: content.attachments,
    audio: audioOf(row, content),
    sentAt,
    delivery: {
      isSent: flagOf(row[AT.is_sent]),
      isDelivered: flagOf(row[AT.is_delivered]),
      isRead: flagOf(row[AT.is_read]),
      deliveredAt,
      readAt: appleMilliseconds(row[AT.READ]),
      error: integerOf(row[AT.error]),
      wasDowngraded: flagOf(row[AT.was_downgraded]),
      wasDeliveredQuietly: flagOf(row[AT.was_delivered_quietly]),
      didNotifyRecipient: flagOf(row[AT.did_notify_recipient]),
    },
    editedAt: changes.editedAt,
    revisions: changes.revisions,
    history: changes.history,
    unsentParts: changes.unsentParts,
    isUnsent: changes.isUnsent,
    replyTo: replyTarget(row),
    effect: sendEffect(row),
    translations: changes.translations,
    schedule: scheduleOf(row, sentAt),
    filtering: filteringOf(row, place.entry?.filter ?? 'known'),
    isRecentlyDeleted: place.isRecentlyDeleted,
    deletedAt: place.isRecentlyDeleted ? reader.deletedAt(id) : null,
    replayOf: null,
  };
}

/** The row's own word, else what its chat was last addressed from, else the account. */
function lineOf(row: MessageRow, chat: ChatEntry | null, references: RowReferences): Handle | null {
  return (
    references.address(row[AT.destination_caller_id]) ??
    references.address(chat?.lastAddressed ?? null) ??
    references.address(row[AT.account]) ??
    references.address(chat?.accountLogin ?? null)
  );
}

function isBodyMissing(row: MessageRow, message: Message, content: MessageContent): boolean {
  return content.isNothing && message.kind.kind === 'text' && !flagOf(row[AT.is_empty]) && !message.isUnsent;
}
