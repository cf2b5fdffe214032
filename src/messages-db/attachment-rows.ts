import type Database from 'better-sqlite3';
import { rowId, type RowId } from '../domain/index.ts';
import type { Columns } from './columns.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

const NAMES = [
  'guid',
  'filename',
  'uti',
  'mime_type',
  'created_date',
  'transfer_state',
  'transfer_name',
  'total_bytes',
  'is_outgoing',
  'is_sticker',
  'sticker_user_info',
  'attribution_info',
  'user_info',
  'emoji_image_short_description',
] as const;

/** One row of `attachment`. */
export type AttachmentRow = Readonly<Record<(typeof NAMES)[number], SqlValue>>;

export interface AttachmentRows {
  /** Of the messages whose ROWID lies between the two, both included, by message. */
  between(first: RowId, last: RowId): ReadonlyMap<number, readonly AttachmentRow[]>;
  /** Of these messages. */
  of(ids: readonly RowId[]): ReadonlyMap<number, readonly AttachmentRow[]>;
  byGuid(guid: string): { readonly row: AttachmentRow; readonly messages: readonly RowId[] } | null;
  guids(after: number, limit: number): { rowId: number; guid: string }[];
}

type Joined = AttachmentRow & { readonly message_id: SqlValue };

/** The statements over `attachment`, none of which reads a file. */
export function attachmentRows(db: Database.Database, columns: Columns): AttachmentRows {
  if (!columns.hasTable('attachment') || !columns.hasTable('message_attachment_join')) {
    const none: ReadonlyMap<number, readonly AttachmentRow[]> = new Map();
    return { between: () => none, of: () => none, byGuid: () => null, guids: () => [] };
  }
  const selected = NAMES.map((name) => columns.selected('attachment', 'a', name)).join(', ');
  const joined = `SELECT j.message_id AS message_id, ${selected}
    FROM message_attachment_join j JOIN attachment a ON a.ROWID = j.attachment_id`;
  const between = db.prepare<[number, number], Joined>(
    `${joined} WHERE j.message_id BETWEEN ? AND ? ORDER BY j.message_id, a.ROWID`,
  );
  const of = db.prepare<[string], Joined>(
    `${joined} WHERE j.message_id IN (SELECT value FROM json_each(?)) ORDER BY j.message_id, a.ROWID`,
  );
  const guid = columns.expression('attachment', 'a', 'guid');
  const byGuid = db.prepare<[string], AttachmentRow & { readonly id: SqlValue }>(
    `SELECT a.ROWID AS id, ${selected} FROM attachment a WHERE ${guid} = ?`,
  );
  const messages = db.prepare<[number], { id: SqlValue }>(
    'SELECT message_id AS id FROM message_attachment_join WHERE attachment_id = ? ORDER BY message_id',
  );
  const guids = db.prepare<[number, number], { id: SqlValue; guid: SqlValue }>(
    `SELECT a.ROWID AS id, ${guid} AS guid FROM attachment a WHERE a.ROWID > ? ORDER BY a.ROWID LIMIT +?`,
  );
  return {
    between: (first, last) => byMessage(between.all(first, last)),
    of: (ids) => byMessage(ids.length === 0 ? [] : of.all(JSON.stringify(ids))),
    byGuid: (wanted) => {
      const row = byGuid.get(wanted);
      return row === undefined
        ? null
        : { row, messages: messages.all(integerOf(row.id)).map(({ id }) => rowId(integerOf(id))) };
    },
    guids: (after, limit) =>
      guids.all(after, limit).map((row) => ({ rowId: integerOf(row.id), guid: textOf(row.guid) ?? '' })),
  };
}

function byMessage(rows: readonly Joined[]): ReadonlyMap<number, readonly AttachmentRow[]> {
  const grouped = new Map<number, AttachmentRow[]>();
  for (const row of rows) {
    const message = integerOf(row.message_id);
    const others = grouped.get(message);
    if (others === undefined) {
      grouped.set(message, [row]);
    } else {
      others.push(row);
    }
  }
  return grouped;
}
