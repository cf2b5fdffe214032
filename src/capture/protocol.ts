import type { Chat, Instant, Message, MessageGuid, RowId } from '../domain/index.ts';
import type { DatabaseFormat } from '../messages-db/index.ts';
import type { PrintChunk, StoredPrints } from './prints.ts';

/** Up to where chat.db has been read. */
export interface Cursor {
  readonly rowId: RowId;
  /** Guid of the row at `rowId`: tells whether it is still the same row of the same database. */
  readonly rowGuid: MessageGuid | null;
  /**
   * Date of the newest row that has been told: where to go on in another database. Never in the future: a clock that is
   * set back takes it along, as what comes then is dated before.
   */
  readonly toldUpTo: Instant;
  readonly chatRowId: number;
  /** ROWIDs of the join tables themselves. */
  readonly chatJoin: number;
  readonly attachmentJoin: number;
  /** The last row of `attachment` that is history: later ones came with messages that were told. */
  readonly historyFiles: number;
  /** `_UniqueIdentifier` of the database, where it has one. */
  readonly databaseId: string | null;
}

/** A row that came without its chat or its body, and since when it has been waited for. */
export interface PendingRow {
  readonly rowId: RowId;
  readonly since: Instant;
}

/**
 * What the print of a row said before it changed. It names a change of a row of which no more was kept: one from before
 * the first start.
 */
export interface Before {
  readonly sent: boolean;
  readonly delivered: boolean;
  readonly read: boolean;
  readonly failed: boolean;
  /** Edited or unsent. */
  readonly changed: boolean;
  readonly recentlyDeleted: boolean;
  /** What it holds differs: body, preview, transcript. */
  readonly isContentOther: boolean;
}

/** A row that has been told, or is from before the first start, and may have changed. */
export interface ChangedRow {
  readonly message: Message;
  /** `null` where its print had not been taken yet. */
  readonly before: Before | null;
  /** Attachments of it that have just come to the disk. */
  readonly arrivedFiles: readonly string[];
}

export interface DeletedRow {
  readonly rowId: RowId;
  /** Nothing is told of its going, if it was history: a tapback, a group event, or in Recently Deleted before. */
  readonly wasPassing: boolean;
}

/** The guids of history: sixteen bytes for each ROWID from `chunk * GUID_CHUNK_ROWS` on, zeros where there is none. */
export interface GuidChunk {
  readonly chunk: number;
  readonly guids: Uint8Array;
}

/** What one look found. The daemon commits it whole, in order, then acknowledges. */
export interface Batch {
  readonly id: number;
  /** `anchor`: first start, the cursor is the present and nothing is told. `gap`: another database, told as such. */
  readonly kind: 'live' | 'anchor' | 'gap';
  readonly gapReason: GapReason | null;
  readonly cursor: Cursor;
  readonly pending: readonly PendingRow[];
  readonly chats: readonly Chat[];
  /** Rows that became complete, in the order of their ROWIDs. */
  readonly newRows: readonly Message[];
  readonly changedRows: readonly ChangedRow[];
  readonly deletedRows: readonly DeletedRow[];
  /** History whose further changes its print alone could not name. Nothing is told of it. */
  readonly knownRows: readonly Message[];
  /** In a gap: rows dated after the last one that was told; those of an unknown guid are news. */
  readonly datedSince: readonly { readonly rowId: RowId; readonly guid: MessageGuid }[];
  readonly prints: readonly PrintChunk[];
  readonly guids: readonly GuidChunk[];
  /** When the look began that found it. */
  readonly lookedAt: Instant;
}

export type GapReason = 'database_replaced' | 'database_rebuilt';

/** How often the reading process says that it is alive, and how it is doing. */
export const BEAT_MS = 2_000;

/** `wal`: changes are learned from the WAL. `scan`: windows of the table are compared, all of it once a day. */
export type CaptureMode = 'wal' | 'scan';

/** How the reading half is doing. */
export interface ReaderStatus {
  readonly state: 'starting' | 'following' | 'unavailable';
  /** Why it is unavailable, as the database's error code. */
  readonly code: string | null;
  readonly mode: CaptureMode;
  /** Why it is `scan`. */
  readonly modeReason: string | null;
}

/** Figures of the reading half since it started. */
export interface ReaderFigures {
  readonly looks: number;
  /** WAL resets that were proved complete, completed from the old tail, or not to be explained. */
  readonly resets: { readonly proved: number; readonly salvaged: number; readonly lost: number };
  /** The page map: how long the last build took, with its read transaction. */
  readonly pageMapMs: number | null;
  /** `null` before it could be opened. */
  readonly format: DatabaseFormat | null;
  readonly reconcile: {
    readonly running: ReconcileKind | null;
    /** Rows compared of this run, and about how many there are. */
    readonly rows: number;
    readonly of: number;
    /** Changes that only a nightly run found: each one is a bug. */
    readonly surprises: number;
    readonly finishedAt: Instant | null;
  };
}

/** `start`: what happened while nobody looked. `lost`: commits that the WAL no longer tells. `daily`: to be sure. */
export type ReconcileKind = 'start' | 'lost' | 'daily';

export type ModeChoice = CaptureMode | 'auto';

export type ToReader =
  | {
      readonly type: 'start';
      readonly path: string;
      readonly clockOffsetMs: number;
      readonly mode: ModeChoice;
      readonly cursor: Cursor | null;
      readonly pending: readonly PendingRow[];
    }
  /** Prints as they are stored, a part of them; the answer to `prints_wanted`. */
  | { readonly type: 'prints'; readonly stored: StoredPrints }
  /** Those were all. */
  | { readonly type: 'prints_end' }
  /** Everything up to this batch has been committed. Not sent for each one: see `isAcknowledged`. */
  | { readonly type: 'ack'; readonly id: number };

/** Small live batches share acknowledgments: the last of so many is told. */
const ACK_EVERY = 4;
/** Rows of a batch from which on it is acknowledged by itself, as it takes memory on both sides. */
const HEAVY_ROWS = 20;

/** Whether the daemon acknowledges this batch once it is committed, and with it all before. */
export function isAcknowledged(batch: Batch): boolean {
  return isHeavy(batch) || batch.id % ACK_EVERY === 0;
}

/**
 * How many batches may be under way when this one is: while some are committed, the next are read. One that ends the
 * reading process must have been committed before it does.
 */
export function mostInFlight(batch: Batch): number {
  if (batch.kind !== 'live') {
    return 0;
  }
  return isHeavy(batch) ? 1 : 2 * ACK_EVERY - 1;
}

function isHeavy({ kind, newRows, changedRows, knownRows }: Batch): boolean {
  return kind !== 'live' || newRows.length + changedRows.length + knownRows.length >= HEAVY_ROWS;
}

export type FromReader =
  | { readonly type: 'batch'; readonly batch: Batch }
  | { readonly type: 'status'; readonly status: ReaderStatus }
  | { readonly type: 'prints_wanted' }
  /** Each beat: the process is alive, whatever it waits for. */
  | { readonly type: 'beat'; readonly figures: ReaderFigures };

/** The exit code by which the reading process asks to be started anew: files were replaced under its descriptors. */
export const RESTART_EXIT = 75;
