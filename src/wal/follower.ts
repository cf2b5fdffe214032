import { applyBatch } from './apply-batch.ts';
import type { Batch } from './batch.ts';
import { u32 } from './bytes.ts';
import { parseDatabaseHeader } from './format.ts';
import { Lost, type LostReason } from './lost.ts';
import { OverflowScan } from './overflow-scan.ts';
import { RangeCollector, type RowRange } from './ranges.ts';
import { openRawFiles, pagesInFile, readPage, type RawFiles } from './raw-files.ts';
import { TableMap } from './table-map.ts';
import { isSameState, MAX_PAGES, Tail, type Proof } from './tail.ts';

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

const SAME: Look = { state: 'same' };
/** How often a build starts over because the files moved under it. */
const ATTEMPTS = 7;
const SCHEMA_VERSION_OFFSET = 40;
/** These pass: the files were changing while they were read. */
const PASSING: ReadonlySet<LostReason> = new Set([
  'overwritten',
  'unstable',
  'wal_mismatch',
  'index_torn',
  'schema_changed',
]);

/**
 * Follows some tables of a SQLite database in WAL mode from outside: after each commit of whatever process it tells
 * which ROWIDs may have changed, from page images alone. The caller has a connection of its own, which must stay open
 * all the time, and reads the rows with it after `look` has returned.
 */
export class WalFollower {
  readonly #options: WalFollowerOptions;
  #files: RawFiles | null = null;
  #tail: Tail | null = null;
  #map: TableMap | null = null;
  #scan: OverflowScan | null = null;
  #schemaVersion = 0;
  #page = new Uint8Array(0);
  #lost: LostReason | null = 'not_built';
  #ranges = new RangeCollector();
  #since = { commits: 0, frames: 0, proved: 0, salvaged: 0 };
  #looks = 0;
  #losses = 0;
  #proved = 0;
  #salvaged = 0;

  constructor(options: WalFollowerOptions) {
    this.#options = options;
  }

  /**
   * Reads the trees of all tables as they are now, and follows from there. What happened before is not told. Reads no
   * leaf but one of each table, so it takes some ten ms for a million rows, in one read transaction.
   * Starts over a few times, 126 ms in all, when the files change under it.
   * @throws Lost when the files cannot be followed now; `look` says `lost` until a later call succeeds
   */
  rebuild(): Rebuilt {
    const startedMs = performance.now();
    this.#lost ??= 'not_built';
    for (let attempt = 1; ; attempt += 1) {
      try {
        this.#build();
        break;
      } catch (error) {
        if (!(error instanceof Lost) || !PASSING.has(error.reason) || attempt === ATTEMPTS) {
          throw error;
        }
        pause(2 ** attempt);
      }
    }
    this.#lost = null;
    const counts = this.#map?.counts();
    return {
      leaves: counts?.leaves ?? 0,
      interiorPages: counts?.interiorPages ?? 0,
      elapsedMs: performance.now() - startedMs,
    };
  }

  /**
   * What was committed since the last look or rebuild. Costs about 2 µs when that is nothing. After `lost` only
   * `rebuild` helps, and the caller's own comparison of all rows.
   */
  look(): Look {
    this.#looks += 1;
    this.#absorb();
    if (this.#lost !== null) {
      return { state: 'lost', reason: this.#lost };
    }
    const { commits, frames, proved, salvaged } = this.#since;
    if (commits === 0 && this.#ranges.isEmpty) {
      return SAME;
    }
    this.#since = { commits: 0, frames: 0, proved: 0, salvaged: 0 };
    return { state: 'changed', tables: this.#ranges.take(), resets: { proved, salvaged }, commits, frames };
  }

  /**
   * Learns which rows the overflow pages belong to, by reading all leaves once; in slices, each in a read transaction
   * of about `budgetMs`. Until it is through, a change that lies in overflow pages alone (the row keeps its size) is
   * told late: by the first look after that.
   * @returns whether it is through; `false` also while following is lost
   */
  scanOverflow(budgetMs: number): boolean {
    const scan = this.#scan;
    if (scan === null || scan.isComplete || this.#lost !== null) {
      return this.#lost === null && scan?.isComplete === true;
    }
    this.#options.pinned(() => {
      this.#absorb();
      if (this.#lost === null) {
        this.#readOverflow(scan, performance.now() + budgetMs);
      }
    });
    return scan.isComplete;
  }

  /**
   * Whether the database and its `-shm` are still the files that are open here. `replaced` lasts: this process must
   * not open them again, so another one has to follow the new files.
   */
  identity(): 'same' | 'replaced' {
    return this.#files === null || this.#files.areCurrent() ? 'same' : 'replaced';
  }

  /**
   * Compares what is read here from the `-shm` with what SQLite itself sees of it.
   * @param frames the `log` column of `PRAGMA wal_checkpoint(NOOP)` (SQLite 3.51), asked through the caller's
   * connection, outside of any transaction
   * @returns `moving` when a commit came between: ask again
   */
  selfTest(frames: () => number): 'agrees' | 'disagrees' | 'moving' {
    const before = this.#tail?.committed() ?? null;
    const theirs = frames();
    const after = this.#tail?.committed() ?? null;
    if (before === null || after === null || !isSameState(before, after)) {
      return 'moving';
    }
    return after.frame === theirs ? 'agrees' : 'disagrees';
  }

  counters(): FollowerCounters {
    return {
      looks: this.#looks,
      resets: { proved: this.#proved, salvaged: this.#salvaged },
      lost: this.#losses,
      tornHeaders: this.#tail?.tornHeaders ?? 0,
      mapBytes: (this.#map?.counts().byteLength ?? 0) + (this.#scan?.byteLength ?? 0),
    };
  }

  /** What it knows of the trees, for tests that compare it with a map built anew. */
  get inside(): { readonly map: TableMap | null; readonly scan: OverflowScan | null } {
    return { map: this.#map, scan: this.#scan };
  }

  #build(): void {
    const { databasePath, walPath = `${databasePath}-wal` } = this.#options;
    if (this.#files === null) {
      // SQLite has made the -shm by the time that a connection holds a snapshot.
      this.#files = this.#options.pinned(() => openRawFiles(databasePath));
    }
    const files = this.#files;
    if (!files.areCurrent()) {
      throw new Lost('replaced');
    }
    this.#tail ??= new Tail({
      walPath,
      indexFd: files.indexFd,
      isIndexCurrent: () => files.isIndexCurrent(),
      nowMs: () => performance.now(),
    });
    const tail = this.#tail;
    // Most frames are verified before the snapshot is taken, so that it is held for a short time only.
    tail.restart();
    this.#options.pinned(() => {
      tail.restart();
      this.#readTrees(files, tail);
    });
  }

  /**
   * With a snapshot held, the file and the frames up to the last commit are one consistent image: a checkpoint writes
   * nothing to the file that is newer than the snapshot, and the frames are laid over that.
   */
  #readTrees(files: RawFiles, tail: Tail): void {
    const head = Buffer.alloc(100);
    const frame = tail.frameOf(1);
    if (frame === 0) {
      readPage(files.databaseFd, 1, head);
    } else {
      head.set(tail.image(frame).subarray(0, head.length));
    }
    const header = parseDatabaseHeader(head);
    if (header === null) {
      throw new Lost('database_unreadable');
    }
    const { pageSize, usable, schemaVersion } = header;
    if (tail.pageSize !== 0 && tail.pageSize !== pageSize) {
      throw new Lost('page_size_changed');
    }
    // A commit may have come between the snapshot, which the roots are read in, and the image.
    if (this.#options.schemaVersion() !== schemaVersion) {
      throw new Lost('schema_changed');
    }
    this.#page = new Uint8Array(pageSize);
    this.#schemaVersion = schemaVersion;
    const pages = Math.max(tail.cursor?.pages ?? 0, pagesInFile(files.databaseFd, pageSize));
    if (pages > MAX_PAGES) {
      throw new Lost('too_large');
    }
    const roots = this.#options.roots();
    const tables = this.#options.tables.flatMap((table) => {
      const root = roots.get(table);
      return root === undefined ? [] : [[table, root] as const];
    });
    const map = new TableMap({ pageSize, usable, pages }, new Map(tables));
    map.build((page) => this.#image(files, tail, page));
    this.#map = map;
    this.#scan = new OverflowScan(map);
    this.#ranges = new RangeCollector();
    this.#since = { commits: 0, frames: 0, proved: 0, salvaged: 0 };
  }

  #readOverflow(scan: OverflowScan, deadlineMs: number): void {
    const files = this.#files;
    const tail = this.#tail;
    const map = this.#map;
    if (files === null || tail === null || map === null) {
      return;
    }
    try {
      const owners = scan.read(
        (page) => this.#image(files, tail, page),
        () => performance.now() >= deadlineMs,
      );
      this.#report(map, owners ?? []);
    } catch (error) {
      // The WAL was reset under a snapshot that needed none of it: the next slice finds the page in the file.
      if (!(error instanceof Lost && error.reason === 'overwritten')) {
        this.#lose(error);
      }
    }
  }

  /** Takes in what was committed since; the ranges wait for the next look. */
  #absorb(): void {
    const tail = this.#tail;
    if (this.#lost !== null || tail === null) {
      return;
    }
    const look = tail.look();
    if (look.state === 'same') {
      return;
    }
    if (look.state === 'lost') {
      this.#lose(new Lost(look.reason));
      return;
    }
    try {
      this.#apply(tail, look.batch);
    } catch (error) {
      this.#lose(error);
      return;
    }
    const { commits, frames } = look.batch;
    this.#since.commits += commits;
    this.#since.frames += frames;
    this.#countReset(look.proof);
  }

  #apply(tail: Tail, batch: Batch): void {
    const map = this.#map;
    const scan = this.#scan;
    if (map === null || scan === null) {
      throw new Lost('not_built');
    }
    if (tail.pageSize !== 0 && tail.pageSize !== map.geometry.pageSize) {
      throw new Lost('page_size_changed');
    }
    if (batch.has(1) && u32(batch.image(1), SCHEMA_VERSION_OFFSET) !== this.#schemaVersion) {
      throw new Lost('schema_changed');
    }
    map.geometry.pages = tail.cursor?.pages ?? 0;
    this.#report(map, scan.update(applyBatch(map, batch, this.#ranges), batch));
  }

  #report(map: TableMap, leaves: readonly number[]): void {
    for (const leaf of leaves) {
      const { root, after, upTo } = map.locate(leaf);
      this.#ranges.add(map.roots.get(root) ?? '', { after, upTo });
    }
  }

  #countReset(proof: Proof): void {
    if (proof === 'reset_proved') {
      this.#since.proved += 1;
      this.#proved += 1;
    } else if (proof === 'salvaged') {
      this.#since.salvaged += 1;
      this.#salvaged += 1;
    }
  }

  #lose(error: unknown): void {
    if (!(error instanceof Lost)) {
      throw error;
    }
    this.#lost = error.reason;
    this.#losses += 1;
  }

  /** A page as of the cursor. The caller holds a snapshot. */
  #image(files: RawFiles, tail: Tail, page: number): Uint8Array {
    const frame = tail.frameOf(page);
    if (frame !== 0) {
      return tail.image(frame);
    }
    readPage(files.databaseFd, page, this.#page);
    return this.#page;
  }
}

/** Blocks. A writer may be in the middle of what is read here, or set aside there on a busy machine. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** See `WalFollower`. Opens nothing yet: that is `rebuild`'s, which has to be called first. */
export function openWalFollower(options: WalFollowerOptions): WalFollower {
  return new WalFollower(options);
}
