import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import Database from 'better-sqlite3';
import { BluelineError } from '../runtime/index.ts';
import { copyPages } from './back-up.ts';
import { beginAnew } from './begin-anew.ts';
import { formOf } from './migrate.ts';
import { removeStore } from './store-files.ts';

/** A copy of a store that nobody is writing, as one file for its owner alone; none where there is no store yet. */
export async function saveStore(from: string, to: string): Promise<void> {
  await rm(to, { force: true });
  if (!existsSync(from)) {
    return;
  }
  const unfinished = `${to}.new`;
  removeStore(unfinished);
  const db = new Database(from, { fileMustExist: true });
  try {
    await copyPages(db, unfinished);
  } finally {
    db.close();
  }
  await rename(unfinished, to);
}

/**
 * Puts a saved copy back where another version has changed the form of the store, so that the version before can read
 * it again. Where the form is the same, the store stays as it is: all that was done meanwhile is in it.
 * @throws BluelineError `store_in_use` where commands, keys or events came or changed since: going back would lose
 *   them, or send a second time what was sent.
 */
export async function restoreStore(saved: string, store: string): Promise<void> {
  if (!existsSync(saved) || !existsSync(store) || read(saved, formOf) === read(store, formOf)) {
    return;
  }
  if (fingerprint(saved) !== fingerprint(store)) {
    throw new BluelineError(
      'store_in_use',
      'The new version has changed the form of the store and has worked with it since.',
      { advice: 'Keep the new version, or install a later one: the version before cannot read what it did.' },
    );
  }
  // Before it takes its place: it must never be met there under the epoch in which the new version gave out sequences.
  read(saved, (db) => beginAnew(db, Date.now()));
  await rename(saved, store);
  // Of the newer form: SQLite must not lay them over the older file.
  await Promise.all([rm(`${store}-wal`, { force: true }), rm(`${store}-shm`, { force: true })]);
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
