import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { z } from 'zod';
import { BluelineError } from '../runtime/index.ts';
import { isDamage } from './damage.ts';
import { migrate } from './migrate.ts';
import { storeFiles } from './store-files.ts';
import { unusable } from './unusable.ts';
import { WalFlusher } from './wal-flusher.ts';

/**
 * Milliseconds to wait for another process's write (the CLI makes keys while the daemon runs). Waiting holds the whole
 * process up: the daemon waits briefly and tries again, or answers 503.
 */
const BUSY_TIMEOUT_MS = 250;

/**
 * Frames of our `-wal` that are worth copying into the file once nobody commits: SQLite's own measure, by which a commit
 * would do it. It waits for the disk, twice: of a burst, most of the time went there.
 */
const QUIET_FRAMES = 1_000;
/** As many as are copied though the commits go on: 64 MB, which hold requests up for a quarter of a second. */
const BUSY_FRAMES = 16_000;
/** Frames after which a commit does it all the same, as nobody has come to. */
const MOST_FRAMES = 24_000;
/** What stays of a `-wal` that a burst has made large, once the next commit begins it anew, bytes. */
const KEPT_WAL_BYTES = 8_388_608;

/**
 * When a commit is on the disk. `now`: before the call returns, which holds the process up for as long as the disk takes.
 * `soon`: it outlives this process at once, but a loss of power may undo it (whole, and all that was committed after
 * it) until `flush` has resolved or a commit that asks for `now` has returned.
 */
export type Durability = 'now' | 'soon';

/** "PRAGMA wal_checkpoint" of SQLite: frames in the WAL, and how many of them stand in the file; -1 where there is none. */
const checkpointRow = z.object({ busy: z.int(), log: z.int(), checkpointed: z.int() });
const checkpointRows = z.tuple([checkpointRow]);

/** Our own database: the journal, the outbox, the capture cursor, the keys. Never Apple's. */
export interface Store {
  readonly db: Database.Database;
  /** Runs `work` in one immediate transaction: all of it is kept, or none. Must not be nested. */
  transaction<T>(work: () => T, durability?: Durability): T;
  /** Calls back once the transaction that is open has been kept, and never if it is not. The callback must not throw. */
  afterCommit(callBack: () => void): void;
  /** Resolves once everything that was committed before the call is on the disk; waits on another thread than ours. */
  flush(): Promise<void>;
  /**
   * Empties the WAL, in which what was replaced still stands; free pages never hold anything.
   * @returns `false` while somebody else reads what is in it
   */
  scrub(): boolean;
  /**
   * Copies what the WAL holds into the file, where there is enough of it: of much, or if nobody has committed since the
   * last call. Commits leave that to whoever calls this now and again; what a reader is in the way of is left for the next.
   */
  checkpoint(): void;
  /** Damage has been met in the file. */
  isSuspect(): boolean;
  /** Has the next start look at all of the file: damage has been found. */
  suspect(): void;
  close(): void;
}

/**
 * Opens the store in a data folder, making both (folder 0700, file 0600) where they are missing, and brings its
 * schema up to date.
 * @throws BluelineError `store_too_new` if a later version of Blueline has written it, `store_damaged` if it is no
 *   longer whole, `store_unusable` if it cannot be opened for another reason.
 */
export function openStore(folder: string): Store {
  const { store: path, suspicion } = storeFiles(folder);
  const db = open(folder, path);
  let isSuspect = false;
  let isSuspicionNoted = false;
  const suspect = (): void => {
    isSuspect = true;
    try {
      if (!isSuspicionNoted) {
        writeFileSync(suspicion, '', { mode: 0o600 });
        isSuspicionNoted = true;
      }
    } catch {
      // A full disk: the next to meet the damage notes it, or the end of this process.
    }
  };
  const noteDamage = (error: unknown): void => {
    if (isDamage(error)) {
      suspect();
    }
  };
  let onCommit: (() => void)[] = [];
  // Asked each second.
  const walState = db.prepare('PRAGMA wal_checkpoint(NOOP)');
  /** In the WAL, when it was last looked at. */
  let lastFrames = -1;
  const flusher = new WalFlusher(`${db.name}-wal`);
  return {
    db,
    transaction: <T>(work: () => T, durability: Durability = 'now'): T => {
      if (db.inTransaction) {
        throw new BluelineError('store_nested_transaction', 'A transaction was begun inside another.');
      }
      // The pragma takes effect when it is compiled, so that a kept statement would do nothing.
      if (durability === 'soon') {
        db.exec('PRAGMA synchronous = NORMAL');
      }
      onCommit = [];
      try {
        const result = db.transaction(work).immediate();
        onCommit.forEach((callBack) => callBack());
        return result;
      } catch (error) {
        noteDamage(error);
        throw error;
      } finally {
        if (durability === 'soon') {
          db.exec('PRAGMA synchronous = FULL');
        }
      }
    },
    afterCommit: (callBack) => {
      if (db.inTransaction) {
        onCommit.push(callBack);
      } else {
        callBack();
      }
    },
    flush: () => flusher.flush(),
    scrub: () => checkpointRows.parse(db.pragma('wal_checkpoint(TRUNCATE)'))[0].busy === 0,
    checkpoint: () => {
      try {
        const { log, checkpointed } = checkpointRow.parse(walState.get());
        if (log - checkpointed >= (log === lastFrames ? QUIET_FRAMES : BUSY_FRAMES)) {
          db.pragma('wal_checkpoint(PASSIVE)');
        }
        lastFrames = log;
      } catch (error) {
        noteDamage(error);
        throw error;
      }
    },
    isSuspect: () => isSuspect,
    suspect,
    close: () => {
      if (isSuspect) {
        suspect();
      }
      db.close();
      flusher.close();
    },
  };
}

/** The file, in the form of this version. */
function open(folder: string, path: string): Database.Database {
  let db: Database.Database | null = null;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    db = openFile(path);
    migrate(db);
    return db;
  } catch (error) {
    db?.close();
    if (error instanceof BluelineError) {
      throw error;
    }
    throw isDamage(error)
      ? new BluelineError('store_damaged', 'The store is damaged.', {
          advice:
            'Start the daemon: it sets the store aside and makes a new one, with all that is still whole of it.',
          cause: error,
        })
      : unusable(error);
  }
}

function openFile(path: string): Database.Database {
  const previous = process.umask(0o077);
  try {
    mkdirSync(dirname(path), { recursive: true });
    const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
    db.pragma('journal_mode = WAL');
    // A command must be on the disk as `sending` before its script starts, and a sequence that a client has seen
    // must never be given out again: both ask for a flush per commit (on macOS a full one), or one before it is shown.
    db.pragma('synchronous = FULL');
    db.pragma('fullfsync = ON');
    db.pragma('foreign_keys = ON');
    // What is deleted or replaced is overwritten, too: a text that is forgotten stays in no free page.
    db.pragma('secure_delete = ON');
    // KiB. Most of what is read was just written; SQLite's own measure is four times as much.
    db.pragma('cache_size = -4096');
    db.pragma(`wal_autocheckpoint = ${MOST_FRAMES}`);
    db.pragma(`journal_size_limit = ${KEPT_WAL_BYTES}`);
    chmodSync(path, 0o600);
    return db;
  } finally {
    process.umask(previous);
  }
}
