import { randomBytes } from 'node:crypto';
import type Database from 'better-sqlite3';

/**
 * Gives a store a new epoch, as sequences will be given out again: who has read them must begin anew.
 * @param restoredAt Unix ms at which an earlier state was put back, for health to tell; `null` where none was
 */
export function beginAnew(db: Database.Database, restoredAt: number | null): void {
  const set = db.prepare<[string, string]>('INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)');
  set.run('epoch', randomBytes(8).toString('hex'));
  if (restoredAt !== null) {
    set.run('restored_at', String(restoredAt));
  }
}
