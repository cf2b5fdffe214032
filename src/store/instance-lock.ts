import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { unusable } from './unusable.ts';

/**
 * Holds the data folder for this process: two daemons on one store would send a command twice. The lock is an open
 * exclusive SQLite transaction, which the system releases however the process ends.
 * @returns the call that gives it back.
 * @throws BluelineError `already_running` when another process holds it, `store_unusable` where it cannot be taken for
 *   another reason, such as a full disk.
 */
export function lockInstance(folder: string): () => void {
  const previous = process.umask(0o077);
  let db: Database.Database | null = null;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    db = new Database(join(folder, 'instance.lock'), { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
    const held = db;
    return () => held.close();
  } catch (error) {
    db?.close();
    if (!errorCode(error).startsWith('SQLITE_BUSY')) {
      throw unusable(error);
    }
    throw new BluelineError('already_running', 'Another Blueline already runs on this data folder.', {
      advice: 'Stop it first (blueline status shows it), or set BLUELINE_HOME to another folder.',
      cause: error,
    });
  } finally {
    process.umask(previous);
  }
}
