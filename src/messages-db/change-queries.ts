import type Database from 'better-sqlite3';
import { instant, messageGuid, rowId, type Instant, type MessageGuid, type RowId } from '../domain/index.ts';
import { appleTime, toAppleNanoseconds } from './apple-time.ts';
import { lowestChat, type Columns } from './columns.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

/** A short text that differs when a row has changed in a way that matters. It holds no word of the message. */
export interface RowDigest {
  readonly rowId: RowId;
  readonly digest: string;
}

export interface ChangeQueries {
  databaseId(): string | null;
  lastRowId(): RowId;
  maxChatRowId(): number;
  guidAt(id: RowId): MessageGuid | null;
  digests(after: RowId, upTo: RowId, limit: number): RowDigest[];
  digestsByRow(ids: readonly RowId[]): RowDigest[];
  rowsSince(since: Instant, limit: number): RowId[];
  openOwnRows(since: Instant, limit: number): RowId[];
  lastSentAt(): Instant | null;
}

interface IdRow {
  readonly id: SqlValue;
}

/** The statements by which change is noticed: they read no text and no body. */
export function changeQueries(db: Database.Database, columns: Columns): ChangeQueries {
  const databaseId = columns.hasTable('_SqliteDatabaseProperties')
    ? db.prepare<[], { value: SqlValue }>(
        "SELECT value FROM _SqliteDatabaseProperties WHERE key = '_UniqueIdentifier'",
      )
    : null;
  // The table is AUTOINCREMENT: its counter stays where it was when the newest rows are deleted.
  const counter = columns.hasTable('sqlite_sequence')
    ? "(SELECT seq FROM sqlite_sequence WHERE name = 'message')"
    : 'NULL';
  const lastRowId = db.prepare<[], IdRow>(
    `SELECT MAX(COALESCE(${counter}, 0),
       COALESCE((SELECT MAX(ROWID) FROM message), 0)) AS id`,
  );
  const maxChatRowId = db.prepare<[], IdRow>('SELECT MAX(ROWID) AS id FROM chat');
  const guidAt = db.prepare<[number], { guid: SqlValue }>(
    `SELECT ${columns.selected('message', 'm', 'guid')} FROM message m WHERE m.ROWID = ?`,
  );
  const digest = `SELECT m.ROWID AS id, ${digestExpression(columns)} AS digest FROM message m`;
  const digests = db.prepare<[number, number, number], IdRow & { digest: string }>(
    `${digest} WHERE m.ROWID > ? AND m.ROWID <= ? ORDER BY m.ROWID LIMIT ?`,
  );
  const digestsByRow = db.prepare<[string], IdRow & { digest: string }>(
    `${digest} WHERE m.ROWID IN (SELECT value FROM json_each(?)) ORDER BY m.ROWID`,
  );
  const message = (name: string) => columns.expression('message', 'm', name);
  const rowsSince = db.prepare<[bigint, number], IdRow>(
    `SELECT m.ROWID AS id FROM message m WHERE ${message('date')} > ?
     ORDER BY ${message('date')} DESC, m.ROWID DESC LIMIT ?`,
  );
  // The unary plus keeps the planner on the index over `date`: most own rows are never marked read.
  const openOwnRows = db.prepare<[bigint, number], IdRow>(
    `SELECT m.ROWID AS id FROM message m
     WHERE ${message('date')} > ? AND +${message('is_from_me')} = 1
       AND COALESCE(+${message('is_read')}, 0) = 0 AND COALESCE(+${message('error')}, 0) = 0
     ORDER BY ${message('date')} DESC, m.ROWID DESC LIMIT ?`,
  );
  // The newest rows by ROWID, of which the latest: an old message that iCloud brought back has a high ROWID, too.
  const lastSent = db
    .prepare<[], { date: SqlValue }>(
      `SELECT MAX(date) AS date FROM (
         SELECT ${message('date')} AS date FROM message m
         WHERE ${message('is_sent')} = 1 AND ${message('is_from_me')} = 1 AND ${message('error')} = 0
         ORDER BY m.ROWID DESC LIMIT 100)`,
    )
    .safeIntegers(true);
  const ids = (rows: readonly IdRow[]) => rows.map((row) => rowId(integerOf(row.id)));
  const toDigests = (rows: readonly (IdRow & { digest: string })[]) =>
    rows.map((row) => ({ rowId: rowId(integerOf(row.id)), digest: row.digest }));
  return {
    databaseId: () => textOf(databaseId?.get()?.value ?? null),
    lastRowId: () => rowId(integerOf(lastRowId.get()?.id ?? null)),
    maxChatRowId: () => integerOf(maxChatRowId.get()?.id ?? null),
    guidAt: (id) => {
      const guid = textOf(guidAt.get(id)?.guid ?? null);
      return guid === null ? null : messageGuid(guid);
    },
    digests: (after, upTo, limit) => toDigests(digests.all(after, upTo, limit)),
    digestsByRow: (wanted) =>
      wanted.length === 0 ? [] : toDigests(digestsByRow.all(JSON.stringify(wanted))),
    rowsSince: (since, limit) => ids(rowsSince.all(toAppleNanoseconds(since), limit)),
    openOwnRows: (since, limit) => ids(openOwnRows.all(toAppleNanoseconds(since), limit)),
    lastSentAt: () => {
      const at = appleTime(lastSent.get()?.date ?? null);
      return at === null ? null : instant(at);
    },
  };
}

/** Columns whose value goes into the digest as it is: flags, codes and dates, no text and no address. */
const PLAIN = [
  'handle_id',
  'other_handle',
  'service',
  'error',
  'date',
  'date_read',
  'date_delivered',
  'date_edited',
  'date_retracted',
  'date_recovered',
  'is_finished',
  'is_from_me',
  'is_sent',
  'is_delivered',
  'is_read',
  'is_empty',
  'is_audio_message',
  'was_downgraded',
  'cache_has_attachments',
  'item_type',
  'group_action_type',
  'associated_message_type',
  'expire_state',
  'part_count',
  'schedule_type',
  'schedule_state',
  'is_played',
  'date_played',
  'is_spam',
  'filter_action',
  'was_delivered_quietly',
  'did_notify_recipient',
] as const;

/** Columns of which the length is enough: whatever rewrites them moves a date or their size as well. */
const MEASURED = [
  'text',
  'attributedBody',
  'subject',
  'message_summary_info',
  'payload_data',
  'balloon_bundle_id',
  'group_title',
  'cache_roomnames',
  'associated_message_guid',
  'destination_caller_id',
] as const;

function digestExpression(columns: Columns): string {
  const message = (name: string) => columns.expression('message', 'm', name);
  const attachments =
    columns.hasTable('attachment') && columns.hasTable('message_attachment_join')
      ? `(SELECT group_concat(a.id || '=' || COALESCE(a.state, ''), ';') FROM (
           SELECT j.attachment_id AS id, ${columns.expression('attachment', 't', 'transfer_state')} AS state
           FROM message_attachment_join j LEFT JOIN attachment t ON t.ROWID = j.attachment_id
           WHERE j.message_id = m.ROWID ORDER BY j.attachment_id) a)`
      : 'NULL';
  const parts = [
    ...PLAIN.map((name) => message(name)),
    ...MEASURED.map((name) => `length(${message(name)})`),
    lowestChat(columns, 'chat_message_join'),
    lowestChat(columns, 'chat_recoverable_message_join'),
    attachments,
  ];
  return parts.map((part) => `COALESCE(${part}, '')`).join(" || ',' || ");
}
