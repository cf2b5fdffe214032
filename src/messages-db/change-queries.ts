import type Database from 'better-sqlite3';
import { instant, messageGuid, rowId, type Instant, type MessageGuid, type RowId } from '../domain/index.ts';
import { appleTime, toAppleNanoseconds } from './apple-time.ts';
import type { Columns } from './columns.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

/** Of a row and of the database that it is in. */
export interface Position {
  readonly databaseId: string | null;
  /** Of the row; `null` where it is not there. */
  readonly guid: MessageGuid | null;
  readonly lastRowId: RowId;
  readonly lastChatRowId: number;
}

export interface ChangeQueries {
  databaseId(): string | null;
  lastRowId(): RowId;
  maxChatRowId(): number;
  position(id: RowId): Position;
  /** The lowest ROWID among the newest `limit` rows dated after `since`; `null` if there is none. */
  firstRowSince(since: Instant, limit: number): RowId | null;
  /** Rows dated after `since`, ascending by date. */
  guidsSince(since: Instant, limit: number): { rowId: RowId; guid: MessageGuid }[];
  openOwnRows(since: Instant, limit: number): RowId[];
  lastSentAt(): Instant | null;
}

interface IdRow {
  readonly id: SqlValue;
}

/** The statements by which change is noticed: they read no text and no body. */
export function changeQueries(db: Database.Database, columns: Columns): ChangeQueries {
  const databaseId = columns.hasTable('_SqliteDatabaseProperties')
    ? "(SELECT value FROM _SqliteDatabaseProperties WHERE key = '_UniqueIdentifier')"
    : 'NULL';
  // The table is AUTOINCREMENT: its counter stays where it was when the newest rows are deleted.
  const counter = columns.hasTable('sqlite_sequence')
    ? "(SELECT seq FROM sqlite_sequence WHERE name = 'message')"
    : 'NULL';
  const last = `MAX(COALESCE(${counter}, 0), COALESCE((SELECT MAX(ROWID) FROM message), 0))`;
  const lastRowId = db.prepare<[], IdRow>(`SELECT ${last} AS id`);
  const maxChatRowId = db.prepare<[], IdRow>('SELECT MAX(ROWID) AS id FROM chat');
  const identifier = db.prepare<[], { value: SqlValue }>(`SELECT ${databaseId} AS value`);
  // One statement: it is asked at each look, and most of what a statement costs is being asked.
  const position = db
    .prepare<[number], [databaseId: SqlValue, guid: SqlValue, lastRow: SqlValue, lastChat: SqlValue]>(
      `SELECT ${databaseId}, (SELECT ${columns.expression('message', 'm', 'guid')} FROM message m WHERE m.ROWID = ?),
         ${last}, (SELECT MAX(ROWID) FROM chat)`,
    )
    .raw(true);
  const message = (name: string) => columns.expression('message', 'm', name);
  const firstSince = db.prepare<[bigint, number], IdRow>(
    `SELECT MIN(id) AS id FROM (SELECT m.ROWID AS id FROM message m WHERE ${message('date')} > ?
     ORDER BY ${message('date')} DESC, m.ROWID DESC LIMIT +?)`,
  );
  const guidsSince = db.prepare<[bigint, number], IdRow & { guid: SqlValue }>(
    `SELECT m.ROWID AS id, ${message('guid')} AS guid FROM message m WHERE ${message('date')} > ?
     ORDER BY ${message('date')}, m.ROWID LIMIT +?`,
  );
  // The unary plus keeps the planner on the index over `date`: most own rows are never marked read.
  const openOwnRows = db.prepare<[bigint, number], IdRow>(
    `SELECT m.ROWID AS id FROM message m
     WHERE ${message('date')} > ? AND +${message('is_from_me')} = 1
       AND COALESCE(+${message('is_read')}, 0) = 0 AND COALESCE(+${message('error')}, 0) = 0
     ORDER BY ${message('date')} DESC, m.ROWID DESC LIMIT +?`,
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
  return {
    databaseId: () => textOf(identifier.get()?.value ?? null),
    maxChatRowId: () => integerOf(maxChatRowId.get()?.id ?? null),
    lastRowId: () => rowId(integerOf(lastRowId.get()?.id ?? null)),
    position: (id) => {
      const [ownId = null, stored = null, lastRow = null, lastChat = null] = position.get(id) ?? [];
      const guid = textOf(stored);
      return {
        databaseId: textOf(ownId),
        guid: guid === null ? null : messageGuid(guid),
        lastRowId: rowId(integerOf(lastRow)),
        lastChatRowId: integerOf(lastChat),
      };
    },
    firstRowSince: (since, limit) => {
      const id = firstSince.get(toAppleNanoseconds(since), limit)?.id ?? null;
      return id === null ? null : rowId(integerOf(id));
    },
    guidsSince: (since, limit) =>
      guidsSince.all(toAppleNanoseconds(since), limit).map((row) => ({
        rowId: rowId(integerOf(row.id)),
        guid: messageGuid(textOf(row.guid) ?? ''),
      })),
    openOwnRows: (since, limit) => ids(openOwnRows.all(toAppleNanoseconds(since), limit)),
    lastSentAt: () => {
      const at = appleTime(lastSent.get()?.date ?? null);
      return at === null ? null : instant(at);
    },
  };
}
