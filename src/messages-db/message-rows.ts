import type Database from 'better-sqlite3';
import type { RowId } from '../domain/index.ts';
import { lowestChat, type Columns } from './columns.ts';
import type { SqlValue } from './sql-value.ts';

const MESSAGE_COLUMNS = [
  'guid',
  'text',
  'attributedBody',
  'subject',
  'service',
  'account',
  'error',
  'date',
  'date_read',
  'date_delivered',
  'is_delivered',
  'is_from_me',
  'is_empty',
  'is_read',
  'is_sent',
  'was_downgraded',
  'cache_has_attachments',
  'cache_roomnames',
  'is_audio_message',
  'item_type',
  'group_title',
  'group_action_type',
  'associated_message_guid',
  'associated_message_type',
  'associated_message_emoji',
  'balloon_bundle_id',
  'message_summary_info',
  'destination_caller_id',
  'thread_originator_guid',
  'date_retracted',
  'date_edited',
  'schedule_type',
  'schedule_state',
] as const;

const CHAT_COLUMNS = [
  'guid',
  'style',
  'chat_identifier',
  'service_name',
  'account_login',
  'last_addressed_handle',
] as const;

/** One row of `message` with what it points to. A column that this macOS lacks is `null`, as is what is not joined yet. */
export type MessageRow = Readonly<
  Record<
    | 'row_id'
    | 'sender_id'
    | 'sender_service'
    | 'other_id'
    | 'joined_chat'
    | 'recoverable_chat'
    | (typeof MESSAGE_COLUMNS)[number]
    | `chat_${(typeof CHAT_COLUMNS)[number]}`,
    SqlValue
  >
>;

/** One attachment of one of the messages asked for. */
export type AttachmentRow = Readonly<
  Record<
    | 'message_id'
    | 'guid'
    | 'filename'
    | 'mime_type'
    | 'transfer_state'
    | 'transfer_name'
    | 'total_bytes'
    | 'is_sticker',
    SqlValue
  >
>;

export interface MessageRows {
  after(after: RowId, limit: number): readonly MessageRow[];
  /** Ascending; ids without a row are absent. */
  at(ids: readonly RowId[]): readonly MessageRow[];
  attachments(ids: readonly RowId[]): readonly AttachmentRow[];
}

/** The statements that read whole rows. Everything is joined from the left: a row is there before what belongs to it. */
export function messageRows(db: Database.Database, columns: Columns): MessageRows {
  const select = messageSelect(columns);
  const after = db
    .prepare<[number, number], MessageRow>(`${select} WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT ?`)
    .safeIntegers(true);
  const at = db
    .prepare<[string], MessageRow>(
      `${select} WHERE m.ROWID IN (SELECT value FROM json_each(?)) ORDER BY m.ROWID`,
    )
    .safeIntegers(true);
  const attachments = db.prepare<[string], AttachmentRow>(attachmentSelect(columns)).safeIntegers(true);
  return {
    after: (rowId, limit) => after.all(rowId, limit),
    at: (ids) => (ids.length === 0 ? [] : at.all(JSON.stringify(ids))),
    attachments: (ids) => (ids.length === 0 ? [] : attachments.all(JSON.stringify(ids))),
  };
}

function messageSelect(columns: Columns): string {
  const joined = lowestChat(columns, 'chat_message_join');
  const recoverable = lowestChat(columns, 'chat_recoverable_message_join');
  const handleId = columns.expression('message', 'm', 'handle_id');
  const otherHandle = columns.expression('message', 'm', 'other_handle');
  return `
    SELECT m.ROWID AS row_id,
      ${MESSAGE_COLUMNS.map((name) => columns.selected('message', 'm', name)).join(', ')},
      ${CHAT_COLUMNS.map((name) => columns.selected('chat', 'c', name, `chat_${name}`)).join(', ')},
      ${columns.selected('handle', 'h', 'id', 'sender_id')},
      ${columns.selected('handle', 'h', 'service', 'sender_service')},
      ${columns.selected('handle', 'o', 'id', 'other_id')},
      CASE WHEN c.ROWID IS NULL THEN NULL ELSE ${joined} END AS joined_chat,
      CASE WHEN c.ROWID IS NULL THEN NULL ELSE ${recoverable} END AS recoverable_chat
    FROM message m
    LEFT JOIN handle h ON h.ROWID = ${handleId}
    LEFT JOIN handle o ON o.ROWID = ${otherHandle}
    LEFT JOIN chat c ON c.ROWID = COALESCE(${joined}, ${recoverable})`;
}

function attachmentSelect(columns: Columns): string {
  if (!columns.hasTable('attachment') || !columns.hasTable('message_attachment_join')) {
    return 'SELECT NULL AS message_id WHERE 0 AND ? IS NULL';
  }
  const names = [
    'guid',
    'filename',
    'mime_type',
    'transfer_state',
    'transfer_name',
    'total_bytes',
    'is_sticker',
  ] as const;
  return `
    SELECT j.message_id AS message_id,
      ${names.map((name) => columns.selected('attachment', 'a', name)).join(', ')}
    FROM message_attachment_join j
    JOIN attachment a ON a.ROWID = j.attachment_id
    WHERE j.message_id IN (SELECT value FROM json_each(?))
    ORDER BY j.message_id, a.ROWID`;
}
