import type { Instant, RowId } from '../domain/index.ts';
import { createMessagesSource, type MessagesDb, type MessagesSource } from '../messages-db/index.ts';
import { errorCode, type Clock } from '../runtime/index.ts';
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
  readonly #source: MessagesSource;
  readonly #watched: WatchedRows;
  #opened: MessagesDb | null = null;
  #cursor: Cursor | null;
  #pending: ReadonlyMap<RowId, Instant>;
  /** Of the last look that left nothing behind; `null` where another must follow whatever has been written. */
  #dataVersion: number | null = null;
  #batchId = 0;
  #status: ReaderStatus = { state: 'starting', code: null };

  constructor(options: ReaderOptions) {
    this.#options = options;
    this.#source = createMessagesSource(options.path);
    this.#watched = new WatchedRows(options.clock);
    this.#cursor = options.cursor;
    this.#pending = sinceByRow(options.pending);
  }

  /** Looks until nothing more is found. Never rejects: an unreadable database is a status, and the next look tries again. */
  async look(): Promise<void> {
    try {
      for (;;) {
        const batch = this.#source.use((db) => this.#find(db));
        if (batch === null) {
          break;
        }
        await this.#deliver(batch);
      }
      this.#report({ state: 'following', code: null });
    } catch (error) {
      this.close();
      this.#report({ state: 'unavailable', code: errorCode(error) });
    }
  }

  close(): void {
    this.#source.close();
    this.#opened = null;
    this.#dataVersion = null;
  }

  /** What has come or changed since the last delivery; `null` if nothing has. */
  #find(db: MessagesDb): Found | null {
    const lookedAt = this.#options.clock.now();
    if (db !== this.#opened) {
      this.#opened = db;
      this.#dataVersion = null;
    }
    const dataVersion = db.dataVersion();
    const isQuiet = dataVersion === this.#dataVersion;
    if (isQuiet && this.#pending.size === 0 && !this.#watched.isSweeping()) {
      return null;
    }
    const cursor = this.#cursor;
    if (cursor === null) {
      return this.#anchor(db, null, lookedAt);
    }
    const gapReason = isQuiet ? null : lostReason(db, cursor);
    if (gapReason !== null) {
      return this.#anchor(db, gapReason, lookedAt);
    }
    const found = this.#compare(db, cursor, lookedAt);
    this.#dataVersion = found.isFull ? null : dataVersion;
    return isEmpty(found.batch, cursor, this.#pending.size) ? null : found.batch;
  }

  #compare(
    db: MessagesDb,
    cursor: Cursor,
    lookedAt: Instant,
  ): { readonly batch: Found; readonly isFull: boolean } {
    // Digests first, rows second: a row that changes in between is read newer than its digest, and merely compared again.
    const changes = this.#watched.compare(db, cursor.rowId);
    const chats = db.chatsAfter(cursor.chatRowId);
    const page = db.readAfter(cursor.rowId, PAGE);
    const candidates = [...db.readRows([...this.#pending.keys()]), ...page].map((row) => ({
      message: row.message,
      missing: { ...row.missing, hold: row.hold },
    }));
    const { complete, pending } = settle(candidates, this.#pending, lookedAt);
    const changed = changes.changed.filter((id) => !this.#pending.has(id));
    const last = page.at(-1)?.message ?? null;
    const batch: Found = {
      kind: 'live',
      gapReason: null,
      cursor: {
        rowId: last?.rowId ?? cursor.rowId,
        rowGuid: last?.guid ?? cursor.rowGuid,
        chatRowId: chats.at(-1)?.rowId ?? cursor.chatRowId,
        databaseId: db.databaseId(),
      },
      pending,
      // Up to macOS 15 each service has a row of its own for the same chat: only the first makes it new.
      chats: chats.filter((row) => row.isFirst).map((row) => row.chat),
      newRows: complete,
      changedRows: db.readRows(changed).map((row) => row.message),
      deletedRows: changes.deleted,
      lookedAt,
    };
    return { batch, isFull: page.length === PAGE };
  }

  /** First start, or another database than the one that the cursor was of: begin at its present. */
  #anchor(db: MessagesDb, gapReason: Batch['gapReason'], lookedAt: Instant): Found {
    this.#watched.forget();
    return {
      kind: gapReason === null ? 'anchor' : 'gap',
      gapReason,
      cursor: presentOf(db),
      pending: [],
      chats: [],
      newRows: [],
      changedRows: [],
      deletedRows: [],
      lookedAt,
    };
  }

  async #deliver(batch: Found): Promise<void> {
    this.#batchId += 1;
    await this.#options.deliver({ ...batch, id: this.#batchId });
    this.#cursor = batch.cursor;
    this.#pending = sinceByRow(batch.pending);
  }

  #report(status: ReaderStatus): void {
    if (status.state !== this.#status.state || status.code !== this.#status.code) {
      this.#status = status;
      this.#options.onStatus(status);
    }
  }
}

type Found = Omit<Batch, 'id'>;

/** The cursor that has everything behind it. */
export function presentOf(db: MessagesDb): Cursor {
  const rowId = db.lastRowId();
  return { rowId, rowGuid: db.guidAt(rowId), chatRowId: db.maxChatRowId(), databaseId: db.databaseId() };
}

function sinceByRow(rows: readonly PendingRow[]): ReadonlyMap<RowId, Instant> {
  return new Map(rows.map((row) => [row.rowId, row.since]));
}

/** Why the cursor cannot be of this database, or `null` if it can. The newest rows may have been deleted; that is no reason. */
function lostReason(db: MessagesDb, cursor: Cursor): Batch['gapReason'] {
  if (cursor.databaseId !== null && db.databaseId() !== cursor.databaseId) {
    return 'database_replaced';
  }
  const guid = db.guidAt(cursor.rowId);
  const isOtherRow = guid !== null && cursor.rowGuid !== null && guid !== cursor.rowGuid;
  return isOtherRow || db.lastRowId() < cursor.rowId ? 'database_rebuilt' : null;
}

function isEmpty(batch: Found, cursor: Cursor, pendingBefore: number): boolean {
  return (
    batch.newRows.length === 0 &&
    batch.changedRows.length === 0 &&
    batch.deletedRows.length === 0 &&
    batch.chats.length === 0 &&
    batch.pending.length === pendingBefore &&
    batch.cursor.rowId === cursor.rowId &&
    batch.cursor.chatRowId === cursor.chatRowId
  );
}
