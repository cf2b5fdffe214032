import type { LostReason } from './lost.ts';
import type { RowRange } from './ranges.ts';

/** What the caller's own SQLite connection does for the follower. */
export interface WalFollowerOptions {
  readonly databasePath: string;
  /** Default: `<databasePath>-wal`. */
  readonly walPath?: string;
  /** The tables to follow. One that the database does not have is left out. */
  readonly tables: readonly string[];
  /** Table → `rootpage` of `sqlite_schema`, read through the caller's connection. */
  roots(): ReadonlyMap<string, number>;
  /** `PRAGMA schema_version`. */
  schemaVersion(): number;
  /** Runs `body` inside a read transaction that already holds a snapshot (`BEGIN` and a first read), and ends it. */
  pinned<T>(body: () => T): T;
}

export type Look =
  | { readonly state: 'same' }
  | {
      readonly state: 'changed';
      /** Of each followed table that was touched: where rows may have been inserted, changed or deleted. */
      readonly tables: ReadonlyMap<string, readonly RowRange[]>;
      /** How often the WAL had begun anew. */
      readonly resets: Resets;
      readonly commits: number;
      readonly frames: number;
    }
  | { readonly state: 'lost'; readonly reason: LostReason };

/** Beginnings of the WAL that were crossed without losing a commit. */
export interface Resets {
  /** The wal-index's count of commits shows that nothing is missing. */
  readonly proved: number;
  /** Commits were missing, and were still in the file behind the new ones. */
  readonly salvaged: number;
}

export interface Rebuilt {
  readonly leaves: number;
  readonly interiorPages: number;
  readonly elapsedMs: number;
}

export interface FollowerCounters {
  readonly looks: number;
  readonly resets: Resets;
  /** How often following ended. */
  readonly lost: number;
  /** Reads of the wal-index that met a half-written header. */
  readonly tornHeaders: number;
  readonly mapBytes: number;
}
