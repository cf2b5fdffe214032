import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import type { Chat, ChatKey, Handle, Instant, Message, MessageGuid, RowId } from '../domain/index.ts';
import { changeQueries, type ChangeQueries, type Position } from './change-queries.ts';
import {
  chatQueries,
  type ChatCursor,
  type ChatPage,
  type ChatQueries,
  type ChatRoute,
} from './chat-queries.ts';
import { detectColumns, lackedColumns, type Columns } from './columns.ts';
import { identifyFiles, messagesDbError } from './database-errors.ts';
import { lineQueries, type LineUse } from './line-queries.ts';
import { messagePages, type MessageCursor, type MessagePage, type MessagePages } from './message-pages.ts';
import { exportRows, type ExportedRows, type ExportRange } from './export-rows.ts';
import { printQueries, type PrintQueries } from './print-queries.ts';
import { rowReader, type AttachmentFile, type RowReader } from './row-reader.ts';
import type { ReadMessage } from './to-message.ts';

/** A reader in WAL mode hardly ever waits; a long wait would stop the whole process. */
const BUSY_TIMEOUT_MS = 250;

/**
 * Apple's chat.db, read only. Every method is one short read over one snapshot of the database, and throws a
 * BluelineError: `messages_db_locked`, `messages_db_unreadable`, `messages_db_invalid`.
 */
export interface MessagesDb {
  /** `device:inode` of the file at the time of opening. */
  readonly fileId: string;
  /** `PRAGMA data_version`: differs from the last call's when another connection has committed in between. */
  dataVersion(): number;
  /** The highest ROWID that a message has had, deleted ones included; 0 when there has been none. */
  lastRowId(): RowId;
  /** 0 when there is no chat. */
  maxChatRowId(): number;
  /** The database's own identifier, where its properties hold one: it differs after Messages began a new database. */
  databaseId(): string | null;
  /** What tells whether `rowId` is still a row of the same database, and what is the last of it. */
  position(rowId: RowId): Position;
  /** Rows past `after`, ascending, whether or not their chat, sender or body has arrived. */
  readAfter(after: RowId, limit: number): ReadMessage[];
  /** These rows, ascending; those that are not there are absent. */
  readRows(ids: readonly RowId[]): ReadMessage[];
  /** The messages of a stretch of the table, for reading all of it: ascending, each call one short read. */
  exportRows(range: ExportRange): ExportedRows;
  messageByGuid(guid: MessageGuid): Message | null;
  /** Tapbacks on a message, put on and taken off, ascending. */
  reactionsTo(guid: MessageGuid): Message[];
  /** ROWID and guid of the rows past `after`, ascending. */
  messageGuids(after: RowId, limit: number): { rowId: RowId; guid: MessageGuid }[];
  /** The same of `attachment`. */
  attachmentGuids(after: number, limit: number): { rowId: number; guid: string }[];
  attachmentFile(guid: string): AttachmentFile | null;
  /** What change is noticed by, and traced to messages. Call it within `snapshot`; it is good for that long. */
  prints(): PrintQueries;
  /** Runs `read` in one snapshot, in which everything that it asks of this database is of one moment. Keep it short. */
  snapshot<T>(read: () => T): T;
  /** How SQLite keeps the file; Apple's choices are not documented. */
  format(): DatabaseFormat;
  /** Columns of newer versions of macOS that this database lacks: what they would tell is not told. */
  lackedColumns(): readonly string[];
  /** The last frame of the WAL that readers may use, as SQLite knows it; `null` where it cannot say. */
  walFrames(): number | null;
  /** The lowest ROWID among the newest `limit` rows dated after `since`; `null` if there is none. */
  firstRowSince(since: Instant, limit: number): RowId | null;
  /** Rows dated after `since`, ascending by date. */
  guidsSince(since: Instant, limit: number): { rowId: RowId; guid: MessageGuid }[];
  /** Own rows dated after `since` that are neither read nor failed, newest first. */
  openOwnRows(since: Instant, limit: number): RowId[];
  /**
   * Rows of `chat` past `chatRowId`, ascending; each with its whole chat, so that one may stand there twice. `isFirst`
   * where no older row stands for the same chat.
   */
  chatsAfter(chatRowId: number): { rowId: number; isFirst: boolean; chat: Chat }[];
  /** Every chat's key. */
  chatKeys(): ChatKey[];
  chat(key: ChatKey): Chat | null;
  /** Every row that stands for this chat, the most recently used first. */
  chatRoutes(key: ChatKey): ChatRoute[];
  /** The services on which this address has a row of its own, the newest first. */
  handleServices(handle: Handle): string[];
  /** Newest activity first. */
  chats(page: ChatPage): { items: { chat: Chat; cursor: ChatCursor }[] };
  /** Newest first, by date and ROWID, tapbacks left out; only what is joined to the chat, where one is named. */
  messages(page: MessagePage): { items: { message: Message; cursor: MessageCursor }[] };
  /** Own addresses, most recently used first. */
  lines(): LineUse[];
  /** Date of the newest own row that was sent without an error. */
  lastSentAt(): Instant | null;
  close(): void;
}

export interface DatabaseFormat {
  readonly pageSize: number;
  /** 0 none, 1 full, 2 incremental. */
  readonly autoVacuum: number;
  readonly journalMode: string;
}

interface Queries {
  readonly columns: Columns;
  readonly changes: ChangeQueries;
  readonly chats: ChatQueries;
  readonly lines: { lines(): LineUse[] };
  readonly pages: MessagePages;
  readonly prints: PrintQueries;
  readonly rows: RowReader;
}

export interface MessagesDbOptions {
  /** What `~/Library/Messages` in a row means; the folder of chat.db if not given. */
  readonly messagesFolder?: string;
  /** Pages that SQLite keeps in memory, in KiB; its own measure if not given. */
  readonly cacheKib?: number;
}

/**
 * Opens chat.db read-only with `query_only` and looks which columns it has.
 * @throws BluelineError `messages_db_missing`, `messages_db_unreadable`, `messages_db_locked`, `messages_db_invalid`
 */
export function openMessagesDb(path: string, options: MessagesDbOptions = {}): MessagesDb {
  const { fileId } = identifyFiles(path);
  let db: Database.Database | null = null;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    db.pragma('query_only = ON');
    if (options.cacheKib !== undefined) {
      db.pragma(`cache_size = -${options.cacheKib}`);
    }
    return readerOf(db, fileId, options.messagesFolder ?? dirname(path));
  } catch (error) {
    db?.close();
    throw messagesDbError(error);
  }
}

function readerOf(db: Database.Database, fileId: string, messagesFolder: string): MessagesDb {
  const { dataVersion, walFrames, read } = guardedReads(db, messagesFolder);
  return {
    fileId,
    dataVersion,
    lastRowId: () => read((queries) => queries.changes.lastRowId()),
    maxChatRowId: () => read((queries) => queries.changes.maxChatRowId()),
    databaseId: () => read((queries) => queries.changes.databaseId()),
    position: (rowId) => read((queries) => queries.changes.position(rowId)),
    readAfter: (after, limit) => read(({ rows }) => rows.read(rows.statements.after(after, limit))),
    readRows: (ids) => read(({ rows }) => rows.read(rows.statements.at(ids))),
    exportRows: (range) =>
      read(({ rows, chats }) =>
        exportRows(range, {
          rows: rows.statements,
          chatRowIds: (key) => chats.rowIdsOf(key),
          toMessages: (found) => rows.read(found).map((one) => one.message),
        }),
      ),
    messageByGuid: (guid) => read(({ rows }) => rows.byGuid(guid)),
    reactionsTo: (guid) => read(({ rows }) => rows.reactionsTo(guid)),
    messageGuids: (after, limit) => read(({ rows }) => rows.statements.guids(after, limit)),
    attachmentGuids: (after, limit) => read(({ rows }) => rows.attachmentGuids(after, limit)),
    attachmentFile: (guid) => read(({ rows }) => rows.attachmentFile(guid)),
    prints: () => read((queries) => queries.prints),
    snapshot: (body) => read(body),
    walFrames,
    format: () =>
      read(() => ({
        pageSize: Number(db.pragma('page_size', { simple: true })),
        autoVacuum: Number(db.pragma('auto_vacuum', { simple: true })),
        journalMode: String(db.pragma('journal_mode', { simple: true })),
      })),
    lackedColumns: () => read(({ columns }) => lackedColumns(columns)),
    firstRowSince: (since, limit) => read((queries) => queries.changes.firstRowSince(since, limit)),
    guidsSince: (since, limit) => read((queries) => queries.changes.guidsSince(since, limit)),
    openOwnRows: (since, limit) => read((queries) => queries.changes.openOwnRows(since, limit)),
    chatsAfter: (chatRowId) => read((queries) => queries.chats.chatsAfter(chatRowId)),
    chatKeys: () => read((queries) => queries.chats.chatKeys()),
    chat: (key) => read((queries) => queries.chats.chat(key)),
    chatRoutes: (key) => read((queries) => queries.chats.chatRoutes(key)),
    handleServices: (handle) => read((queries) => queries.chats.handleServices(handle)),
    chats: (page) => read((queries) => queries.chats.chats(page)),
    messages: (page) => read((queries) => queries.pages.messages(page)),
    lines: () => read((queries) => queries.lines.lines()),
    lastSentAt: () => read((queries) => queries.changes.lastSentAt()),
    close: () => db.close(),
  };
}

/** Runs each read in a snapshot of its own, on statements that fit the schema as it is in that snapshot. */
function guardedReads(
  db: Database.Database,
  messagesFolder: string,
): {
  readonly dataVersion: () => number;
  readonly walFrames: () => number | null;
  readonly read: <T>(run: (queries: Queries) => T) => T;
} {
  const dataVersion = db.prepare<[], { data_version: number }>('PRAGMA data_version');
  const schemaVersion = db.prepare<[], { schema_version: number }>('PRAGMA schema_version');
  const dataNow = () => dataVersion.get()?.data_version ?? 0;
  const schemaNow = () => schemaVersion.get()?.schema_version ?? 0;
  const prepared = db.transaction(() => ({
    data: dataNow(),
    schema: schemaNow(),
    queries: prepareQueries(db, messagesFolder),
  }));
  let current = prepared();
  /** Asking SQLite itself costs more than most reads do. */
  let isInSnapshot = false;

  const fresh = (): Queries => {
    const data = dataNow();
    if (data !== current.data) {
      const schema = schemaNow();
      current =
        schema === current.schema
          ? { ...current, data }
          : { data, schema, queries: prepareQueries(db, messagesFolder) };
      current.queries.rows.forget();
    }
    return current.queries;
  };
  // SQLite knows NOOP since 3.51; it checkpoints nothing.
  const checkpoint = db.prepare<[], { log: number }>('PRAGMA wal_checkpoint(NOOP)');
  const guarded = <T>(run: () => T): T => {
    try {
      return run();
    } catch (error) {
      throw messagesDbError(error);
    }
  };
  const begin = db.prepare('BEGIN');
  const end = db.prepare('COMMIT');
  const inSnapshot = <T>(run: (queries: Queries) => T): T => {
    begin.run();
    isInSnapshot = true;
    try {
      return run(fresh());
    } finally {
      isInSnapshot = false;
      // Some errors end the transaction by themselves.
      if (db.inTransaction) {
        end.run();
      }
    }
  };
  return {
    dataVersion: () => guarded(dataNow),
    walFrames: () => guarded(() => checkpoint.get()?.log ?? null),
    read: (run) => guarded(() => (isInSnapshot ? run(current.queries) : inSnapshot(run))),
  };
}

function prepareQueries(db: Database.Database, messagesFolder: string): Queries {
  const columns = detectColumns(db);
  const rows = rowReader(db, columns, messagesFolder);
  const chats = chatQueries(db, columns);
  return {
    columns,
    rows,
    chats,
    changes: changeQueries(db, columns),
    lines: lineQueries(db, columns),
    prints: printQueries(db, columns),
    pages: messagePages(db, columns, {
      chatRowIds: (key) => chats.rowIdsOf(key),
      readRows: (ids) => rows.read(rows.statements.at(ids)),
    }),
  };
}
