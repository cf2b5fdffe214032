import type { Chat, Instant, Message, MessageGuid, RowId } from '../domain/index.ts';

/** Up to where chat.db has been read. */
export interface Cursor {
  readonly rowId: RowId;
  /** Guid of the row at `rowId`: tells whether it is still the same row of the same database. */
  readonly rowGuid: MessageGuid | null;
  readonly chatRowId: number;
  /** `_UniqueIdentifier` of the database, where it has one. */
  readonly databaseId: string | null;
}

/** A row that came without its chat or its body, and since when it has been waited for. */
export interface PendingRow {
  readonly rowId: RowId;
  readonly since: Instant;
}

/** What one look found. The daemon commits it whole, then acknowledges; only then is the next one made. */
export interface Batch {
  readonly id: number;
  /** `anchor`: first start, the cursor is the present and nothing is told. `gap`: another database, likewise, but said. */
  readonly kind: 'live' | 'anchor' | 'gap';
  readonly gapReason: 'database_replaced' | 'database_rebuilt' | null;
  readonly cursor: Cursor;
  readonly pending: readonly PendingRow[];
  readonly chats: readonly Chat[];
  /** Rows that became complete, in the order of their ROWIDs. */
  readonly newRows: readonly Message[];
  /** Rows that may have changed; the daemon knows what it last told of each. */
  readonly changedRows: readonly Message[];
  readonly deletedRows: readonly RowId[];
  /** When the look began that found it. */
  readonly lookedAt: Instant;
}

/** How often the reading process says that it is alive. */
export const BEAT_MS = 1_000;

/** How the reading half is doing. */
export interface ReaderStatus {
  readonly state: 'starting' | 'following' | 'unavailable';
  /** Why it is unavailable, as the database's error code. */
  readonly code: string | null;
}

export type ToReader =
  | {
      readonly type: 'start';
      readonly path: string;
      readonly clockOffsetMs: number;
      readonly cursor: Cursor | null;
      readonly pending: readonly PendingRow[];
    }
  | { readonly type: 'ack'; readonly id: number };

export type FromReader =
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'status'; readonly status: ReaderStatus }
  /** Each second: the process is alive, whatever it waits for. */
  | { readonly type: 'beat' };
