import { canonicalHandle, instant, messageGuid, rowId, type Message } from '../domain/index.ts';
import { appleTime } from './apple-time.ts';
import { chatOfMessage, firstAddress } from './chat-of-row.ts';
import { messageContent, type MessageContent } from './message-content.ts';
import { messageKind } from './message-kind.ts';
import type { AttachmentRow, MessageRow } from './message-rows.ts';
import { blobOf, flagOf, integerOf, textOf } from './sql-value.ts';
import { readSummaryInfo } from './summary-info.ts';

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

const SCHEDULED = 2;
const SCHEDULE_SENT = 3;

/** A row in the words of the domain. */
export function toReadMessage(row: MessageRow, attached: readonly AttachmentRow[]): ReadMessage {
  const isFromMe = flagOf(row.is_from_me);
  const { isJoined, ...place } = chatOfMessage(row);
  const content = messageContent(row, attached);
  const changes = readChanges(row);
  const kind = messageKind(row);
  const sender = textOf(row.sender_id);
  const replyTo = textOf(row.thread_originator_guid);
  const message: Message = {
    rowId: rowId(integerOf(row.row_id)),
    guid: messageGuid(textOf(row.guid) ?? ''),
    ...place,
    line: firstAddress(
      row.destination_caller_id,
      row.chat_last_addressed_handle,
      row.account,
      row.chat_account_login,
    ),
    isFromMe,
    sender: isFromMe || sender === null ? null : canonicalHandle(sender),
    service: textOf(row.service) ?? textOf(row.sender_service) ?? textOf(row.chat_service_name) ?? '',
    kind,
    text: content.text,
    bodyStatus: content.bodyStatus,
    subject: textOf(row.subject),
    attachments: content.attachments,
    isAudioMessage: flagOf(row.is_audio_message),
    sentAt: appleTime(row.date) ?? appleTime(row.date_delivered) ?? instant(0),
    delivery: {
      isSent: flagOf(row.is_sent),
      isDelivered: flagOf(row.is_delivered),
      isRead: flagOf(row.is_read),
      deliveredAt: appleTime(row.date_delivered),
      readAt: appleTime(row.date_read),
      error: integerOf(row.error),
      wasDowngraded: flagOf(row.was_downgraded),
    },
    ...changes,
    replyTo: replyTo === null ? null : messageGuid(replyTo),
  };
  return {
    message,
    missing: { join: !isJoined, body: isBodyMissing(row, message, content) },
    hold: integerOf(row.schedule_type) === SCHEDULED && integerOf(row.schedule_state) !== SCHEDULE_SENT,
  };
}

function isBodyMissing(row: MessageRow, message: Message, content: MessageContent): boolean {
  return message.kind.kind === 'text' && content.isNothing && !flagOf(row.is_empty) && !message.isUnsent;
}

type Changes = Pick<Message, 'editedAt' | 'revisions' | 'unsentParts' | 'isUnsent'>;

/**
 * Edits and unsends. Both set `date_edited`, `date_retracted` stays 0 (measured on macOS 26): only the summary tells
 * them apart. Where it cannot be read, an emptied row counts as unsent and any other as edited once.
 */
function readChanges(row: MessageRow): Changes {
  const blob = blobOf(row.message_summary_info);
  const summary = blob === null ? null : readSummaryInfo(blob);
  const changedAt = appleTime(row.date_edited);
  const isEmptied =
    flagOf(row.is_empty) || (textOf(row.text) === null && blobOf(row.attributedBody) === null);
  const wasRetracted = appleTime(row.date_retracted) !== null;
  if (summary === null) {
    const isUnsent = wasRetracted || (changedAt !== null && isEmptied);
    return isUnsent || changedAt === null
      ? { editedAt: null, revisions: 0, unsentParts: [], isUnsent }
      : { editedAt: changedAt, revisions: 2, unsentParts: [], isUnsent };
  }
  const { unsentParts } = summary;
  const hasUnsent = unsentParts.length > 0;
  const isUnsent = wasRetracted || (hasUnsent && isEmptied);
  if (summary.revisions === 0) {
    // A date without a revision and without an unsend: an edit that the summary does not list.
    const isUnlisted = changedAt !== null && !hasUnsent && !isUnsent;
    return {
      editedAt: isUnlisted ? changedAt : null,
      revisions: isUnlisted ? 2 : 0,
      unsentParts,
      isUnsent,
    };
  }
  // An unsend after an edit moves the date on; the revision keeps its own.
  const editedAt = hasUnsent ? (summary.lastRevisionAt ?? changedAt) : (changedAt ?? summary.lastRevisionAt);
  return { editedAt, revisions: summary.revisions, unsentParts, isUnsent };
}
