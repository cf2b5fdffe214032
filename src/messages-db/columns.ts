import type Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';

const TABLES = [
  'message',
  'chat',
  'handle',
  'attachment',
  'chat_message_join',
  'chat_handle_join',
  'message_attachment_join',
  'chat_recoverable_message_join',
  '_SqliteDatabaseProperties',
  'sqlite_sequence',
] as const;

type TableName = (typeof TABLES)[number];

/** What this database has. Apple adds columns with nearly every macOS, and orders them differently after an upgrade. */
export interface Columns {
  hasTable(table: TableName): boolean;
  has(table: TableName, column: string): boolean;
  /** Whether an index leads from a date to the messages of that date. */
  readonly hasDateIndex: boolean;
  /** `alias.column`, or `NULL` where the table lacks it. */
  expression(table: TableName, alias: string, column: string): string;
  /** The same for a select list, under the column's name or another one. */
  selected(table: TableName, alias: string, column: string, as?: string): string;
}

/**
 * Asks the database for its tables and columns.
 * @throws BluelineError `messages_db_invalid` where a table is missing that every chat.db has.
 */
export function detectColumns(db: Database.Database): Columns {
  const tableInfo = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)');
  const tables = new Map<TableName, ReadonlySet<string>>();
  for (const table of TABLES) {
    const names = tableInfo.all(table).map((row) => row.name.toLowerCase());
    if (names.length > 0) {
      tables.set(table, new Set(names));
    }
  }
  if (!tables.has('message') || !tables.has('chat') || !tables.has('handle')) {
    throw new BluelineError('messages_db_invalid', 'The file is a database, but not one of Messages.', {
      advice: 'Let messages.db name the chat.db of the user that Messages runs as.',
    });
  }
  const has = (table: TableName, column: string) => tables.get(table)?.has(column.toLowerCase()) === true;
  const hasDateIndex =
    db
      .prepare<[], { found: number }>(
        `SELECT 1 AS found FROM pragma_index_list('message') l, pragma_index_info(l.name) i
         WHERE l.partial = 0 AND i.seqno = 0 AND lower(i.name) = 'date'`,
      )
      .get() !== undefined;
  const expression = (table: TableName, alias: string, column: string) =>
    has(table, column) ? `${alias}.${column}` : 'NULL';
  return {
    hasTable: (table) => tables.has(table),
    has,
    hasDateIndex,
    expression,
    selected: (table, alias, column, as = column) => `${expression(table, alias, column)} AS ${as}`,
  };
}

/** Each stands for something that clients are told: bodies, edits, unsends, threads, the line. */
const TELLING = [
  'attributedBody',
  'date_edited',
  'date_retracted',
  'thread_originator_guid',
  'destination_caller_id',
  'was_downgraded',
  'message_summary_info',
];

/** The telling columns of `message` that this database lacks. */
export function lackedColumns(columns: Columns): readonly string[] {
  return TELLING.filter((column) => !columns.has('message', column));
}

/** The lowest chat that a message is joined to through this table: in none of the databases seen is there a second. */
export function lowestChat(
  columns: Columns,
  table: 'chat_message_join' | 'chat_recoverable_message_join',
): string {
  return columns.hasTable(table)
    ? `(SELECT MIN(j.chat_id) FROM ${table} j WHERE j.message_id = m.ROWID)`
    : 'NULL';
}
