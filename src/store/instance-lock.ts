import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';

/**
 * Holds the data folder for this process: two daemons on one store would send a command twice. The lock is an open
 * exclusive SQLite transaction, which the system releases however the process ends.
 * @returns the call that gives it back.
 * @throws BluelineError `already_running` when another process holds it.
 */
export function lockInstance(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const previous = process.umask(0o077);
  const db = new Database(join(folder, 'instance.lock'), { timeout: 0 });
  process.umask(previous);
  try {
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db.close();
    throw new BluelineError('already_running', 'Another Blueline already runs on this data folder.', {
      advice: 'Stop it first (blueline status shows it), or set BLUELINE_HOME to another folder.',
      cause: error,
    });
  }
  return () => db.close();
}
