import type Database from 'better-sqlite3';
import { messageGuid, rowId, type MessageGuid, type RowId } from '../domain/index.ts';
import type { Columns } from './columns.ts';
import { attachmentPrint, messagePrint } from './print-expression.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

/** The tables whose rows have a print. */
export type PrintedTable = 'message' | 'attachment';

/** A row and its print, side by side: there may be millions of them. */
export type PrintRow = readonly [rowId: number, print: number];

/** The join tables that lead to messages, none of which ever changes a row in place. */
export type JoinTable = 'chat_message_join' | 'message_attachment_join';

export interface PrintQueries {
  /** Prints of the rows in (`after`, `upTo`], ascending. */
  within(table: PrintedTable, after: number, upTo: number, limit: number): readonly PrintRow[];
  /** Prints of the rows up to `upTo`, descending. */
  below(table: PrintedTable, upTo: number, limit: number): readonly PrintRow[];
  /** The highest ROWID that is there; 0 where the table is empty or missing. */
  lastRow(table: PrintedTable): number;
  /** ROWID and guid of the messages in (`after`, `upTo`]. */
  guids(after: number, upTo: number): readonly { readonly rowId: RowId; readonly guid: MessageGuid }[];
  /** Messages in (`after`, `upTo`] that no chat is joined to. */
  unjoined(after: number, upTo: number): readonly number[];
  /** Entries of a join table past `after`, ascending: its own ROWID and the message that it names. */
  joinsAfter(table: JoinTable, after: number, limit: number): readonly PrintRow[];
  lastJoin(table: JoinTable): number;
  messagesOf(attachments: readonly number[]): readonly { readonly rowId: RowId; readonly guid: string }[];
  /** The messages in Recently Deleted. */
  recoverable(): readonly number[];
  /** `rootpage` of the tables that are there. */
  roots(tables: readonly string[]): ReadonlyMap<string, number>;
  schemaVersion(): number;
}

/** The statements by which change is noticed and traced to messages: they read no text and no body. */
export function printQueries(db: Database.Database, columns: Columns): PrintQueries {
  const hasAttachments = columns.hasTable('attachment') && columns.hasTable('message_attachment_join');
  const selects = {
    message: { id: 'm.ROWID', select: `SELECT m.ROWID, ${messagePrint(columns)} FROM message m` },
    attachment: { id: 'a.ROWID', select: `SELECT a.ROWID, ${attachmentPrint(columns)} FROM attachment a` },
  } as const satisfies Readonly<Record<PrintedTable, object>>;
  const prepare = (table: PrintedTable) => ({
    within: db
      .prepare<[number, number, number], PrintRow>(
        `${selects[table].select} WHERE ${selects[table].id} > ? AND ${selects[table].id} <= ?
         ORDER BY ${selects[table].id} LIMIT +?`,
      )
      .raw(true),
    below: db
      .prepare<[number, number], PrintRow>(
        `${selects[table].select} WHERE ${selects[table].id} <= ? ORDER BY ${selects[table].id} DESC LIMIT +?`,
      )
      .raw(true),
    last: db.prepare<[], { id: SqlValue }>(`SELECT MAX(ROWID) AS id FROM ${table}`),
  });
  const printed = {
    message: prepare('message'),
    attachment: hasAttachments ? prepare('attachment') : null,
  };
  const guids = db.prepare<[number, number], { id: SqlValue; guid: SqlValue }>(
    `SELECT m.ROWID AS id, ${columns.expression('message', 'm', 'guid')} AS guid FROM message m
     WHERE m.ROWID > ? AND m.ROWID <= ? ORDER BY m.ROWID`,
  );
  const isJoined = (['chat_message_join', 'chat_recoverable_message_join'] as const)
    .filter((table) => columns.hasTable(table))
    .map((table) => `EXISTS (SELECT 1 FROM ${table} j WHERE j.message_id = m.ROWID)`);
  const unjoined = db
    .prepare<[number, number], number>(
      `SELECT m.ROWID FROM message m WHERE m.ROWID > ? AND m.ROWID <= ? AND NOT (${['0', ...isJoined].join(' OR ')})`,
    )
    .pluck();
  const joins = (table: JoinTable) =>
    columns.hasTable(table)
      ? {
          after: db
            .prepare<[number, number], PrintRow>(
              `SELECT ROWID, message_id FROM ${table} WHERE ROWID > ? ORDER BY ROWID LIMIT +?`,
            )
            .raw(true),
          last: db.prepare<[], { id: SqlValue }>(`SELECT MAX(ROWID) AS id FROM ${table}`),
        }
      : null;
  const joined = {
    chat_message_join: joins('chat_message_join'),
    message_attachment_join: joins('message_attachment_join'),
  };
  const messagesOf = hasAttachments
    ? db.prepare<[string], { id: SqlValue; guid: SqlValue }>(
        `SELECT j.message_id AS id, ${columns.expression('attachment', 'a', 'guid')} AS guid
         FROM json_each(?) wanted JOIN attachment a ON a.ROWID = wanted.value
         JOIN message_attachment_join j ON j.attachment_id = a.ROWID ORDER BY j.message_id`,
      )
    : null;
  const recoverable = columns.hasTable('chat_recoverable_message_join')
    ? db.prepare<[], number>('SELECT DISTINCT message_id FROM chat_recoverable_message_join').pluck()
    : null;
  const roots = db.prepare<[string], { name: string; rootpage: number }>(
    "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND name IN (SELECT value FROM json_each(?))",
  );
  const schemaVersion = db.prepare<[], number>('PRAGMA schema_version').pluck();
  return {
    within: (table, after, upTo, limit) => printed[table]?.within.all(after, upTo, limit) ?? [],
    below: (table, upTo, limit) => printed[table]?.below.all(upTo, limit) ?? [],
    lastRow: (table) => integerOf(printed[table]?.last.get()?.id ?? null),
    guids: (after, upTo) =>
      guids.all(after, upTo).map((row) => ({
        rowId: rowId(integerOf(row.id)),
        guid: messageGuid(textOf(row.guid) ?? ''),
      })),
    unjoined: (after, upTo) => unjoined.all(after, upTo),
    joinsAfter: (table, after, limit) => joined[table]?.after.all(after, limit) ?? [],
    lastJoin: (table) => integerOf(joined[table]?.last.get()?.id ?? null),
    messagesOf: (attachments) =>
      attachments.length === 0 || messagesOf === null
        ? []
        : messagesOf
            .all(JSON.stringify(attachments))
            .map((row) => ({ rowId: rowId(integerOf(row.id)), guid: textOf(row.guid) ?? '' })),
    recoverable: () => recoverable?.all() ?? [],
    roots: (tables) => new Map(roots.all(JSON.stringify(tables)).map((row) => [row.name, row.rootpage])),
    schemaVersion: () => schemaVersion.get() ?? 0,
  };
}
