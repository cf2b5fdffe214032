import { chmodSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';
import { migrations } from './migrations.ts';
import { WalFlusher } from './wal-flusher.ts';

/**
 * Milliseconds to wait for another process's write (the CLI makes keys while the daemon runs). Waiting holds the whole
 * process up: the daemon waits briefly and tries again, or answers 503.
 */
const BUSY_TIMEOUT_MS = 250;

/**
 * When a commit is on the disk. `now`: before the call returns, which holds the process up for as long as the disk takes.
 * `soon`: it outlives this process at once, but a loss of power may undo it (whole, and all that was committed after
 * it) until `flush` has resolved or a commit that asks for `now` has returned.
 */
export type Durability = 'now' | 'soon';

/** Our own database: the journal, the outbox, the capture cursor, the keys. Never Apple's. */
export interface Store {
  readonly db: Database.Database;
  /** Runs `work` in one immediate transaction: all of it is kept, or none. Must not be nested. */
  transaction<T>(work: () => T, durability?: Durability): T;
  /** Resolves once everything that was committed before the call is on the disk; waits on another thread than ours. */
  flush(): Promise<void>;
  close(): void;
}

/**
 * Opens the store in a data folder, making both (folder 0700, file 0600) where they are missing, and brings its
 * schema up to date.
 * @throws BluelineError `store_too_new` if a later version of Blueline has written it, `store_unusable` if it cannot be opened.
 */
export function openStore(folder: string): Store {
  let db: Database.Database;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    db = openFile(join(folder, 'blueline.db'));
  } catch (error) {
    throw new BluelineError('store_unusable', 'The data folder or the store in it cannot be opened.', {
      advice: 'Check that the folder belongs to the user that runs Blueline, and that the disk is not full.',
      cause: error,
    });
  }
  migrate(db);
  const flusher = new WalFlusher(`${db.name}-wal`);
  return {
    db,
    transaction: <T>(work: () => T, durability: Durability = 'now'): T => {
      if (db.inTransaction) {
        throw new BluelineError('store_nested_transaction', 'A transaction was begun inside another.');
      }
      if (durability === 'now') {
        return db.transaction(work).immediate();
      }
      // The pragma takes effect when it is compiled, so that a kept statement would do nothing.
      db.exec('PRAGMA synchronous = NORMAL');
      try {
        return db.transaction(work).immediate();
      } finally {
        db.exec('PRAGMA synchronous = FULL');
      }
    },
    flush: () => flusher.flush(),
    close: () => {
      db.close();
      flusher.close();
    },
  };
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
    // KiB. Most of what is read was just written; SQLite's own measure is four times as much.
    db.pragma('cache_size = -4096');
    chmodSync(path, 0o600);
    return db;
  } finally {
    process.umask(previous);
  }
}

function migrate(db: Database.Database): void {
  const version = () => Number(db.pragma('user_version', { simple: true }));
  if (version() > migrations.length) {
    db.close();
    throw new BluelineError('store_too_new', 'The store was written by a newer version of Blueline.', {
      advice: 'Run that version, or point BLUELINE_HOME to another data folder.',
    });
  }
  db.transaction(() => {
    for (const sql of migrations.slice(version())) {
      db.exec(sql);
    }
    db.pragma(`user_version = ${migrations.length}`);
  }).immediate();
}
