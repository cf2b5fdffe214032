import { Lost, openWalFollower, type WalFollower } from '../wal/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import { JOINED_TABLES, NO_TABLES, type ChangeSource, type Hints } from './change-source.ts';

/** Tables whose rows are compared, and those of which it is enough to know that they were touched. */
const TABLES = ['message', 'attachment', ...JOINED_TABLES] as const;
/** How long one slice of idle work may hold a read transaction, ms. */
const IDLE_MS = 15;
/** Taking stock may fail, as the files move under it. After so long of nothing else it does not work here. */
const PATIENCE_MS = 30_000;
const TEST_ATTEMPTS = 20;
/** Of a commit that is on its way; the ladder waits for what takes longer, such as a flush of the disk. */
const AWAITED_MS = 1;

const QUIET: Hints = { isQuiet: true, message: [], attachment: [], joins: NO_TABLES, lost: null };
const WRITTEN: Hints = { ...QUIET, isQuiet: false, joins: JOINED_TABLES };

/** Learns from the WAL which rows each commit touched. */
export class WalSource implements ChangeSource {
  readonly mode = 'wal';
  readonly modeReason = null;
  readonly #db: MessagesDb;
  readonly #follower: WalFollower;
  #isPrepared = false;
  #isFirst = false;
  #hasIdleWork = true;
  #dataVersion: number | null = null;
  /** Milliseconds of the process's own clock. */
  #failingSince: number | null = null;
  #pageMapMs: number | null = null;

  constructor(db: MessagesDb, path: string) {
    this.#db = db;
    this.#follower = openWalFollower({
      databasePath: path,
      tables: TABLES,
      roots: () => db.prints().roots(TABLES),
      schemaVersion: () => db.prints().schemaVersion(),
      pinned: (body) =>
        db.snapshot(() => {
          // The first read is what takes the snapshot.
          db.prints().lastRow('message');
          return body();
        }),
    });
  }

  look(): Hints {
    if (!this.#isPrepared) {
      const dataVersion = this.#db.dataVersion();
      const isQuiet = dataVersion === this.#dataVersion;
      this.#dataVersion = dataVersion;
      return isQuiet ? QUIET : WRITTEN;
    }
    const look = this.#follower.look();
    switch (look.state) {
      case 'same': {
        // What was committed while stock was taken is in no frame that is still to come.
        const isFirst = this.#isFirst;
        this.#isFirst = false;
        return isFirst ? WRITTEN : QUIET;
      }
      case 'lost':
        this.#isPrepared = false;
        return { ...WRITTEN, lost: look.reason };
      case 'changed': {
        const wasFirst = this.#isFirst;
        this.#isFirst = false;
        const joins = wasFirst ? JOINED_TABLES : JOINED_TABLES.intersection(look.tables);
        return {
          isQuiet: false,
          message: look.tables.get('message') ?? [],
          attachment: look.tables.get('attachment') ?? [],
          joins,
          lost: null,
        };
      }
      default:
        return look satisfies never;
    }
  }

  prepare(): 'ready' | 'later' | 'unusable' {
    try {
      this.#pageMapMs = Math.round(this.#follower.rebuild().elapsedMs);
    } catch (error) {
      if (!(error instanceof Lost)) {
        throw error;
      }
      const now = performance.now();
      this.#failingSince ??= now;
      return now - this.#failingSince < PATIENCE_MS ? 'later' : 'unusable';
    }
    this.#isPrepared = true;
    this.#isFirst = true;
    this.#hasIdleWork = true;
    this.#failingSince = null;
    return this.#passesTest() ? 'ready' : 'unusable';
  }

  /** What is read here from the `-shm` must be what SQLite sees of it. A writer in between only delays the answer. */
  #passesTest(): boolean {
    for (let attempt = 0; attempt < TEST_ATTEMPTS; attempt += 1) {
      const result = this.#follower.selfTest(() => Math.max(0, this.#db.walFrames() ?? 0));
      if (result !== 'moving') {
        return result === 'agrees';
      }
    }
    return true;
  }

  isSettled(): boolean {
    return this.#isPrepared && this.#follower.isSettled();
  }

  awaitCommit(): void {
    if (this.#isPrepared) {
      this.#follower.awaitCommit(AWAITED_MS);
    }
  }

  isStill(): boolean {
    return this.#isPrepared && !this.#isFirst && !this.#hasIdleWork && this.#follower.isUnchanged();
  }

  idle(): boolean {
    this.#hasIdleWork = this.#isPrepared && !this.#follower.scanOverflow(IDLE_MS);
    return this.#hasIdleWork;
  }

  figures(): ReturnType<ChangeSource['figures']> {
    const { looks, resets, lost } = this.#follower.counters();
    return { looks, resets: { ...resets, lost }, pageMapMs: this.#pageMapMs };
  }
}
