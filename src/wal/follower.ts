import { applyBatch } from './apply-batch.ts';
import type { Batch } from './batch.ts';
import { u32 } from './bytes.ts';
import { DatabaseImage } from './database-image.ts';
import type { FollowerCounters, Look, Rebuilt, WalFollowerOptions } from './look.ts';
import { Lost, type LostReason } from './lost.ts';
import { OverflowScan } from './overflow-scan.ts';
import { RangeCollector } from './ranges.ts';
import { openRawFiles, type RawFiles } from './raw-files.ts';
import { TableMap } from './table-map.ts';
import { isSameState, Tail, type Proof } from './tail.ts';

const SAME: Look = { state: 'same' };
/** How often a build starts over because the files moved under it. */
const ATTEMPTS = 7;
/** A commit of a message takes a writer about twice that. */
const NAP_MS = 0.1;
const SCHEMA_VERSION_OFFSET = 40;
/** These pass: the files were changing while they were read. */
const PASSING: ReadonlySet<LostReason> = new Set(['overwritten', 'unstable', 'index_torn', 'schema_changed']);

/** The open files. */
interface Source {
  readonly files: RawFiles;
  readonly tail: Tail;
  readonly image: DatabaseImage;
}

/** What is known of them. */
interface Trees {
  readonly map: TableMap;
  readonly scan: OverflowScan;
  readonly schemaVersion: number;
}

/**
 * Follows some tables of a SQLite database in WAL mode from outside: after each commit of whatever process it tells
 * which ROWIDs may have changed, from page images alone. The caller has a connection of its own, which must stay open
 * all the time, and reads the rows with it after `look` has returned.
 */
export class WalFollower {
  readonly #options: WalFollowerOptions;
  #source: Source | null = null;
  #trees: Trees | null = null;
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
    const counts = this.#trees?.map.counts();
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
   * Whether everything that the WAL holds has been told. While it is not, a commit may become visible without any
   * event on the file, so the caller looks again soon. Costs three short reads.
   */
  isSettled(): boolean {
    return this.#lost === null && this.#source?.tail.unread() === 'nothing';
  }

  /**
   * Blocks while frames lie in the WAL that their writer has not published, up to `budgetMs`: it does so some hundred
   * microseconds after it has begun to write them, and each of its writes would wake whoever watches the file, for
   * nothing. Returns at once where something can be read, or nothing is being written.
   */
  awaitCommit(budgetMs: number): void {
    const tail = this.#source?.tail;
    const until = performance.now() + budgetMs;
    while (this.#lost === null && tail?.unread() === 'unpublished' && performance.now() < until) {
      pause(NAP_MS);
    }
  }

  /** The next look would tell nothing. Costs one short read. */
  isUnchanged(): boolean {
    return (
      this.#lost === null &&
      this.#since.commits === 0 &&
      this.#ranges.isEmpty &&
      this.#source?.tail.hasMovedOn() === false
    );
  }

  /**
   * Learns which rows the overflow pages belong to, by reading all leaves once; in slices, each in a read transaction
   * of about `budgetMs`. Until it is through, a change that lies in overflow pages alone (the row keeps its size) is
   * told late: by the first look after that.
   * @returns whether it is through; `false` also while following is lost
   */
  scanOverflow(budgetMs: number): boolean {
    const trees = this.#trees;
    const source = this.#source;
    if (trees === null || source === null || this.#lost !== null) {
      return false;
    }
    if (!trees.scan.isComplete) {
      this.#options.pinned(() => {
        this.#absorb();
        this.#readOverflow(trees, source, performance.now() + budgetMs);
      });
    }
    return trees.scan.isComplete && this.#lost === null;
  }

  /**
   * Whether the database and its `-shm` are still the files that are open here. `replaced` lasts: this process must
   * not open them again, so another one has to follow the new files.
   */
  identity(): 'same' | 'replaced' {
    return this.#source?.files.areCurrent() !== false ? 'same' : 'replaced';
  }

  /**
   * Compares what is read here from the `-shm` with what SQLite itself sees of it.
   * @param frames the `log` column of `PRAGMA wal_checkpoint(NOOP)` (SQLite 3.51), asked through the caller's
   * connection, outside of any transaction
   * @returns `moving` when a commit came between: ask again
   */
  selfTest(frames: () => number): 'agrees' | 'disagrees' | 'moving' {
    const before = this.#source?.tail.committed() ?? null;
    const theirs = frames();
    const after = this.#source?.tail.committed() ?? null;
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
      tornHeaders: this.#source?.tail.tornHeaders ?? 0,
      mapBytes: (this.#trees?.map.counts().byteLength ?? 0) + (this.#trees?.scan.byteLength ?? 0),
    };
  }

  /** What it knows of the trees, for tests that compare it with a map built anew. */
  get inside(): Trees | null {
    return this.#trees;
  }

  #build(): void {
    // SQLite has made the -shm by the time that a connection holds a snapshot.
    this.#source ??= this.#options.pinned(() => this.#open());
    const source = this.#source;
    if (!source.files.areCurrent()) {
      throw new Lost('replaced');
    }
    // Most frames are verified before the snapshot is taken, so that it is held for a short time only.
    source.tail.restart();
    this.#trees = this.#options.pinned(() => {
      source.tail.restart();
      return this.#readTrees(source.image);
    });
    this.#ranges = new RangeCollector();
    this.#since = { commits: 0, frames: 0, proved: 0, salvaged: 0 };
  }

  #open(): Source {
    const { databasePath, walPath = `${databasePath}-wal` } = this.#options;
    const files = openRawFiles(databasePath);
    const tail = new Tail({
      walPath,
      indexFd: files.indexFd,
      isIndexCurrent: () => files.isIndexCurrent(),
      nowMs: () => performance.now(),
    });
    return { files, tail, image: new DatabaseImage(files.databaseFd, tail) };
  }

  #readTrees(image: DatabaseImage): Trees {
    const { pageSize, usable, schemaVersion } = image.readHeader();
    // A commit may have come between the snapshot, which the roots are read in, and the image.
    if (this.#options.schemaVersion() !== schemaVersion) {
      throw new Lost('schema_changed');
    }
    const roots = this.#options.roots();
    const tables = this.#options.tables.flatMap((table) => {
      const root = roots.get(table);
      return root === undefined ? [] : [[table, root] as const];
    });
    const map = new TableMap({ pageSize, usable, pages: image.count() }, new Map(tables));
    map.build(image.page);
    return { map, scan: new OverflowScan(map), schemaVersion };
  }

  #readOverflow({ map, scan }: Trees, { tail, image }: Source, deadlineMs: number): void {
    if (this.#lost !== null) {
      return;
    }
    try {
      this.#report(map, scan.read(image.page, () => performance.now() >= deadlineMs) ?? []);
    } catch (error) {
      // The WAL may begin anew under a snapshot that needs none of it. The next slice finds the page in the file.
      const isPassing = error instanceof Lost && error.reason === 'overwritten' && tail.hasMovedOn();
      if (!isPassing) {
        this.#lose(error);
      }
    }
  }

  /** Takes in what was committed since; the ranges wait for the next look. */
  #absorb(): void {
    const source = this.#source;
    const trees = this.#trees;
    if (this.#lost !== null || source === null || trees === null) {
      return;
    }
    const look = source.tail.look();
    if (look.state === 'same') {
      return;
    }
    try {
      if (look.state === 'lost') {
        throw new Lost(look.reason);
      }
      this.#apply(source.tail, trees, look.batch);
      this.#count(look.batch, look.proof);
    } catch (error) {
      this.#lose(error);
    }
  }

  #apply(tail: Tail, { map, scan, schemaVersion }: Trees, batch: Batch): void {
    if (tail.pageSize !== 0 && tail.pageSize !== map.geometry.pageSize) {
      throw new Lost('page_size_changed');
    }
    if (batch.has(1) && u32(batch.image(1), SCHEMA_VERSION_OFFSET) !== schemaVersion) {
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

  #count({ commits, frames }: Batch, proof: Proof): void {
    const since = this.#since;
    since.commits += commits;
    since.frames += frames;
    since.proved += Number(proof === 'reset_proved');
    since.salvaged += Number(proof === 'salvaged');
    this.#proved += Number(proof === 'reset_proved');
    this.#salvaged += Number(proof === 'salvaged');
  }

  #lose(error: unknown): void {
    if (!(error instanceof Lost)) {
      throw error;
    }
    this.#lost = error.reason;
    this.#losses += 1;
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
