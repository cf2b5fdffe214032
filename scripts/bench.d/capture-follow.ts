import { watch } from 'node:fs';
import Database from 'better-sqlite3';

/** Rows that are new, in the plainest way: all columns, and the chat. */
export const NEW_ROWS = `SELECT m.*, (SELECT MIN(j.chat_id) FROM chat_message_join j WHERE j.message_id = m.ROWID) AS chat_id
  FROM message m WHERE m.ROWID > ? ORDER BY m.ROWID LIMIT 1000`;

/** The looks after a file event, ms: the event comes before the commit is visible. */
const LADDER_MS = [1, 3, 8, 20, 60, 120];

/**
 * Follows a database with nothing but `fs.watch` on its `-wal` and the ladder behind each event: calls `changed` when
 * another connection has committed. With `spinMs` it also looks without a pause for so long after an event.
 */
export function follow(path: string, spinMs: number, changed: () => void): Database.Database {
  const db = new Database(path, { readonly: true });
  const version = db.prepare<[], number>('PRAGMA data_version').pluck();
  let last = version.get();
  const look = (): boolean => {
    const now = version.get();
    if (now === last) {
      return false;
    }
    last = now;
    changed();
    return true;
  };
  let timers: NodeJS.Timeout[] = [];
  watch(`${path}-wal`, () => {
    for (const timer of timers) {
      clearTimeout(timer);
    }
    timers = LADDER_MS.map((ms) => setTimeout(look, ms));
    setImmediate(() => {
      const until = performance.now() + spinMs;
      while (!look() && performance.now() < until) {
        // The whole point is not to sleep.
      }
    });
  });
  return db;
}
