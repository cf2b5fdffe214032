import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';

/** A copy of a store that nobody is writing, as one file for its owner alone; none where there is no store yet. */
export async function saveStore(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  if (!existsSync(from)) {
    return;
  }
  const db = new Database(from, { fileMustExist: true });
  try {
    await db.backup(`${to}.new`);
  } finally {
    db.close();
  }
  await chmod(`${to}.new`, 0o600);
  await rename(`${to}.new`, to);
}

/**
 * Puts a saved copy back where another version has changed the form of the store, so that the version before can read
 * it again. Where the form is the same, the store stays as it is: all that was done meanwhile is in it.
 * @throws BluelineError `store_in_use` where commands, keys or events came or changed since: going back would lose
 *   them, or send a second time what was sent.
 */
export async function restoreStore(saved: string, store: string): Promise<void> {
  if (!existsSync(saved) || !existsSync(store) || formOf(saved) === formOf(store)) {
    return;
  }
  if (fingerprint(saved) !== fingerprint(store)) {
    throw new BluelineError(
      'store_in_use',
      'The new version has changed the form of the store and has worked with it since.',
      { advice: 'Keep the new version, or install a later one: the version before cannot read what it did.' },
    );
  }
  await rename(saved, store);
  // Of the newer form: SQLite must not lay them over the older file.
  await Promise.all([rm(`${store}-wal`, { force: true }), rm(`${store}-shm`, { force: true })]);
  // The sequences that the new version gave out will be given out again: who has read them must begin anew.
  const epoch = randomBytes(8).toString('hex');
  read(store, (db) => {
    db.prepare("UPDATE meta SET value = ? WHERE key = 'epoch'").run(epoch);
    // Health tells it, in Unix ms.
    db.exec(
      `INSERT INTO meta (key, value) VALUES ('restored_at', CAST(unixepoch('subsec') * 1000 AS INTEGER))
       ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
    );
  });
}

/** The step that its schema has reached. */
function formOf(path: string): number {
  return read(path, (db) => Number(db.pragma('user_version', { simple: true })));
}

/**
 * What clients may have been told: every command with its state, every key, and the events but those of the bridge
 * itself. A form in which that is not found is another one.
 */
function fingerprint(path: string): string {
  try {
    return read(path, (db) =>
      JSON.stringify([
        db.prepare('SELECT id, state FROM commands ORDER BY id').raw().all(),
        db.prepare('SELECT id, revoked_at FROM api_keys ORDER BY id').raw().all(),
        db.prepare("SELECT COUNT(*) FROM journal WHERE type NOT LIKE 'bridge.%'").pluck().get(),
      ]),
    );
  } catch {
    return path;
  }
}

function read<T>(path: string, look: (db: Database.Database) => T): T {
  // Not read-only: a WAL that was left behind is to be taken into account.
  const db = new Database(path, { fileMustExist: true });
  try {
    return look(db);
  } finally {
    db.close();
  }
}
