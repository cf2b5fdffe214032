import type Database from 'better-sqlite3';
import { instant, messageGuid, rowId, type Instant, type MessageGuid, type RowId } from '../domain/index.ts';
import { appleMilliseconds, millisecondsSql, toAppleMilliseconds } from './apple-time.ts';
import { associatedForms } from './associated-message.ts';
import type { Columns } from './columns.ts';
import { AT, messageSelect, restSelect, type MessageRow } from './message-columns.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

/** Which rows of a stretch of the table may be wanted; the rest is not even read. */
export interface RowFilter {
  readonly since: Instant | null;
  readonly until: Instant | null;
  /** ROWIDs of the rows of `chat` that stand for the chat; `null` for every chat. */
  readonly chats: readonly number[] | null;
}

export interface MessageRows {
  after(after: RowId, limit: number): readonly MessageRow[];
  /** Rows in (`after`, `upTo`] that may pass the filter. */
  within(after: RowId, upTo: RowId, filter: RowFilter): readonly MessageRow[];
  /** Ascending; ids without a row are absent. */
  at(ids: readonly RowId[]): readonly MessageRow[];
  /** The ROWID that many rows further; `null` past the end. */
  rowsFurther(after: RowId, count: number): RowId | null;
  guids(after: RowId, limit: number): { rowId: RowId; guid: MessageGuid }[];
  byGuid(guid: MessageGuid): RowId | null;
  /** Rows that are put on this message: tapbacks, stickers, votes. */
  associatedWith(guid: MessageGuid): RowId[];
  /** When a row of Recently Deleted was put there. */
  deletedAt(id: RowId): Instant | null;
}

type IdRow = readonly [id: SqlValue];

const LATEST = instant(Date.UTC(9999, 0, 1));

/** The statements that read whole rows of `message`. What a row points to is looked up apart: it may not be there yet. */
export function messageRows(db: Database.Database, columns: Columns): MessageRows {
  const select = messageSelect(columns);
  const rest = db
    .prepare<[string], MessageRow>(
      `${restSelect(columns)} WHERE m.ROWID IN (SELECT value FROM json_each(?)) ORDER BY m.ROWID`,
    )
    .raw(true);
  /** With the rest of those rows that have one. */
  const whole = (rows: readonly SqlValue[][]): readonly MessageRow[] => {
    const unusual = rows.filter((row) => row[AT.UNUSUAL] === 1);
    if (unusual.length > 0) {
      const rests = rest.all(JSON.stringify(unusual.map((row) => row[AT.ROW_ID])));
      unusual.forEach((row, index) => row.push(...(rests[index] ?? [])));
    }
    return rows;
  };
  const after = db
    .prepare<[number, number], SqlValue[]>(`${select} WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT +?`)
    .raw(true);
  const at = db
    .prepare<[string], SqlValue[]>(
      `${select} WHERE m.ROWID IN (SELECT value FROM json_each(?)) ORDER BY m.ROWID`,
    )
    .raw(true);
  const within = db
    .prepare<[number, number, number, number, string | null, string | null], SqlValue[]>(
      `${select} WHERE m.ROWID > ? AND m.ROWID <= ? AND ${datedBetween(columns)} AND ${inChats(columns)}
       ORDER BY m.ROWID`,
    )
    .raw(true);
  const further = db
    .prepare<[number, number], IdRow>(
      'SELECT m.ROWID FROM message m WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT 1 OFFSET +?',
    )
    .raw(true);
  const guid = columns.expression('message', 'm', 'guid');
  const guids = db
    .prepare<[number, number], readonly [id: SqlValue, guid: SqlValue]>(
      `SELECT m.ROWID, ${guid} FROM message m WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT +?`,
    )
    .raw(true);
  const byGuid = db.prepare<[string], IdRow>(`SELECT m.ROWID FROM message m WHERE ${guid} = ?`).raw(true);
  const associated = columns.expression('message', 'm', 'associated_message_guid');
  // The second condition lets the index be used that holds no NULLs.
  const associatedWith = db
    .prepare<[string], IdRow>(
      `SELECT m.ROWID FROM message m WHERE ${associated} IN (SELECT value FROM json_each(?))
         AND ${associated} IS NOT NULL ORDER BY m.ROWID`,
    )
    .raw(true);
  const deletedAt = columns.hasTable('chat_recoverable_message_join')
    ? db
        .prepare<[number], IdRow>(
          `SELECT ${millisecondsSql(columns.expression('chat_recoverable_message_join', 'j', 'delete_date'))}
           FROM chat_recoverable_message_join j WHERE j.message_id = ? ORDER BY j.chat_id LIMIT 1`,
        )
        .raw(true)
    : null;
  const idOf = (row: IdRow | undefined) => (row === undefined ? null : rowId(integerOf(row[0])));
  return {
    after: (id, limit) => whole(after.all(id, limit)),
    within: (from, upTo, filter) => {
      const chats = filter.chats === null ? null : JSON.stringify(filter.chats);
      const since = filter.since === null ? 0 : toAppleMilliseconds(filter.since);
      return whole(within.all(from, upTo, since, toAppleMilliseconds(filter.until ?? LATEST), chats, chats));
    },
    at: (ids) => (ids.length === 0 ? [] : whole(at.all(JSON.stringify(ids)))),
    rowsFurther: (id, count) => idOf(further.get(id, Math.max(0, count - 1))),
    guids: (id, limit) =>
      guids.all(id, limit).map(([row, stored]) => ({
        rowId: rowId(integerOf(row)),
        guid: messageGuid(textOf(stored) ?? ''),
      })),
    byGuid: (wanted) => idOf(byGuid.get(wanted)),
    associatedWith: (target) =>
      associatedWith.all(JSON.stringify(associatedForms(target))).map(([id]) => rowId(integerOf(id))),
    deletedAt: (id) => appleMilliseconds(deletedAt?.get(id)?.[0] ?? null),
  };
}

/** A row without a date may yet have one by its delivery: it passes here, and is judged when it has been read. */
function datedBetween(columns: Columns): string {
  const date = columns.expression('message', 'm', 'date');
  return `(COALESCE(${date}, 0) <= 0 OR ${millisecondsSql(date)} BETWEEN ? AND ?)`;
}

/** A row that is joined to no chat passes, too: its chat is derived from its sender. */
function inChats(columns: Columns): string {
  const wanted = 'SELECT value FROM json_each(?)';
  const joins = (['chat_message_join', 'chat_recoverable_message_join'] as const).filter((table) =>
    columns.hasTable(table),
  );
  const isIn = joins.map(
    (table) => `EXISTS (SELECT 1 FROM ${table} j WHERE j.message_id = m.ROWID AND j.chat_id IN wanted)`,
  );
  const isNowhere = joins.map(
    (table) =>
      `NOT EXISTS (SELECT 1 FROM ${table} j JOIN chat c ON c.ROWID = j.chat_id WHERE j.message_id = m.ROWID)`,
  );
  const passes = [...isIn, isNowhere.length === 0 ? '1' : `(${isNowhere.join(' AND ')})`].join(' OR ');
  return `(? IS NULL OR (WITH wanted AS (${wanted}) SELECT ${passes}))`;
}
