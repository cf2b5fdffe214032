import { statSync } from 'node:fs';
import { rowId, type Instant, type Message, type RowId } from '../domain/index.ts';
import { openMessagesDb, type MessagesDb } from '../messages-db/index.ts';
import { BluelineError, errorCode, type Clock } from '../runtime/index.ts';
import type { Batch, Cursor, PendingRow, ReaderStatus } from './protocol.ts';
import { settle } from './settle.ts';
import { WatchedRows } from './watched-rows.ts';

/** Rows read at a time. */
const PAGE = 500;

export interface ReaderOptions {
  readonly path: string;
  readonly clock: Clock;
  readonly cursor: Cursor | null;
  readonly pending: readonly PendingRow[];
  /** Hands a batch to the daemon; resolves once it has been committed. */
  readonly deliver: (batch: Batch) => Promise<void>;
  readonly onStatus: (status: ReaderStatus) => void;
}

/**
 * The reading half of capture: each look compares chat.db with what has been delivered, and delivers the difference.
 * It decides nothing about events and writes nowhere.
 */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #watched: WatchedRows;
  #db: MessagesDb | null = null;
  #cursor: Cursor | null;
  #pending: Map<RowId, Instant>;
  #dataVersion: number | null = null;
  #batchId = 0;
  #status: ReaderStatus = { state: 'starting', code: null };

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#watched = new WatchedRows(options.clock);
    this.#cursor = options.cursor;
    this.#pending = new Map(options.pending.map((row) => [row.rowId, row.since]));
  }

  /** Looks until nothing more is found. Never rejects: an unreadable database is a status, and the next look tries again. */
  async look(): Promise<void> {
    try {
      while (await this.#lookOnce()) {
        // Again: a full page, or something written while the batch was being committed.
      }
      this.#report({ state: 'following', code: null });
    } catch (error) {
      this.close();
      this.#report({
        state: 'unavailable',
        code: error instanceof BluelineError ? error.code : errorCode(error),
      });
    }
  }

  close(): void {
    this.#db?.close();
    this.#db = null;
    this.#dataVersion = null;
  }

  /** One comparison; true if another should follow at once. */
  async #lookOnce(): Promise<boolean> {
    const lookedAt = this.#options.clock.now();
    const { db, isNew } = this.#open();
    const dataVersion = db.dataVersion();
    const isQuiet = !isNew && dataVersion === this.#dataVersion;
    if (isQuiet && this.#pending.size === 0 && !this.#watched.isSweeping()) {
      return false;
    }
    const cursor = this.#cursor;
    const gapReason = cursor === null || isQuiet ? null : lostReason(db, cursor);
    if (cursor === null || gapReason !== null) {
      await this.#anchor(db, gapReason, lookedAt);
      return true;
    }
    const fresh = this.#readNew(db, cursor, lookedAt);
    // Digests first, rows second: a row that changes in between is read newer than its digest, and merely compared again.
    const changes = this.#watched.compare(db, cursor.rowId);
    const unsettled = new Set(fresh.pending.map((row) => row.rowId));
    const changedRows = db
      .readRows(changes.changed.filter((id) => !unsettled.has(id) && !this.#pending.has(id)))
      .map((row) => row.message);
    const chats = db.chatsAfter(cursor.chatRowId);
    const batch: Omit<Batch, 'id'> = {
      kind: 'live',
      gapReason: null,
      cursor: {
        rowId: fresh.last,
        rowGuid: fresh.last === cursor.rowId ? cursor.rowGuid : db.guidAt(fresh.last),
        chatRowId: chats.at(-1)?.rowId ?? cursor.chatRowId,
        databaseId: db.databaseId(),
      },
      pending: fresh.pending,
      // Up to macOS 15 each service has a row of its own for the same chat: only the first makes it new.
      chats: chats.filter((row) => row.isFirst).map((row) => row.chat),
      newRows: fresh.complete,
      changedRows,
      deletedRows: changes.deleted,
      lookedAt,
    };
    this.#dataVersion = dataVersion;
    if (isEmpty(batch, cursor, this.#pending.size)) {
      return false;
    }
    await this.#deliver(batch);
    this.#watched.refreshOpen(db);
    return fresh.isFull || db.dataVersion() !== dataVersion;
  }

  #readNew(
    db: MessagesDb,
    cursor: Cursor,
    now: Instant,
  ): {
    readonly complete: readonly Message[];
    readonly pending: readonly PendingRow[];
    readonly last: RowId;
    readonly isFull: boolean;
  } {
    const page = db.readAfter(cursor.rowId, PAGE);
    const waiting = db.readRows([...this.#pending.keys()]);
    const candidates = [...waiting, ...page].map((row) => ({
      message: row.message,
      missing: { ...row.missing, hold: row.hold },
    }));
    const last = page.at(-1)?.message.rowId ?? cursor.rowId;
    return { ...settle(candidates, this.#pending, now), last: rowId(last), isFull: page.length === PAGE };
  }

  /** First start, or another database than the one that the cursor was of: begin at its present. */
  async #anchor(db: MessagesDb, gapReason: Batch['gapReason'], lookedAt: Instant): Promise<void> {
    this.#watched.forget();
    this.#pending = new Map();
    const last = db.lastRowId();
    await this.#deliver({
      kind: gapReason === null ? 'anchor' : 'gap',
      gapReason,
      cursor: {
        rowId: last,
        rowGuid: db.guidAt(last),
        chatRowId: db.maxChatRowId(),
        databaseId: db.databaseId(),
      },
      pending: [],
      chats: [],
      newRows: [],
      changedRows: [],
      deletedRows: [],
      lookedAt,
    });
  }

  async #deliver(batch: Omit<Batch, 'id'>): Promise<void> {
    this.#batchId += 1;
    await this.#options.deliver({ ...batch, id: this.#batchId });
    this.#cursor = batch.cursor;
    this.#pending = new Map(batch.pending.map((row) => [row.rowId, row.since]));
  }

  #open(): { readonly db: MessagesDb; readonly isNew: boolean } {
    const { path } = this.#options;
    if (this.#db !== null && this.#db.fileId === fileIdOf(path)) {
      return { db: this.#db, isNew: false };
    }
    this.close();
    this.#db = openMessagesDb(path);
    return { db: this.#db, isNew: true };
  }

  #report(status: ReaderStatus): void {
    if (status.state !== this.#status.state || status.code !== this.#status.code) {
      this.#status = status;
      this.#options.onStatus(status);
    }
  }
}

/** Why the cursor cannot be of this database, or `null` if it can. The newest rows may have been deleted; that is no reason. */
function lostReason(db: MessagesDb, cursor: Cursor): Batch['gapReason'] {
  const databaseId = db.databaseId();
  if (cursor.databaseId !== null && databaseId !== cursor.databaseId) {
    return 'database_replaced';
  }
  const guid = db.guidAt(cursor.rowId);
  const isOtherRow = guid !== null && cursor.rowGuid !== null && guid !== cursor.rowGuid;
  return isOtherRow || db.lastRowId() < cursor.rowId ? 'database_rebuilt' : null;
}

function isEmpty(batch: Omit<Batch, 'id'>, cursor: Cursor, pendingBefore: number): boolean {
  return (
    batch.newRows.length === 0 &&
    batch.changedRows.length === 0 &&
    batch.deletedRows.length === 0 &&
    batch.chats.length === 0 &&
    batch.pending.length === pendingBefore &&
    batch.cursor.rowId === cursor.rowId
  );
}

function fileIdOf(path: string): string | null {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats === undefined ? null : `${stats.dev}:${stats.ino}`;
}
