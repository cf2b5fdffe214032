import type Database from 'better-sqlite3';
import { Lost, type WalFollower, type WalFollowerOptions } from './index.ts';

/** What a follower needs, by a connection of better-sqlite3. */
export function followWith(
  db: Database.Database,
  databasePath: string,
  tables: readonly string[],
): WalFollowerOptions {
  const roots = db.prepare<[], { name: string; rootpage: number }>(
    "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'",
  );
  const snapshot = db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1');
  return {
    databasePath,
    tables,
    roots: () => new Map(roots.all().map(({ name, rootpage }) => [name, rootpage])),
    schemaVersion: () => Number(db.pragma('schema_version', { simple: true })),
    pinned: (body) => {
      db.exec('BEGIN');
      try {
        snapshot.get();
        return body();
      } finally {
        db.exec('COMMIT');
      }
    },
  };
}

/** Reads all overflow pages, slice by slice, of a follower that is not lost. @throws Lost when following ends over it */
export function learnOverflow(follower: WalFollower, budgetMs = 1000): void {
  const { lost } = follower.counters();
  while (!follower.scanOverflow(budgetMs)) {
    if (follower.counters().lost > lost) {
      throw new Lost('overflow_chain');
    }
  }
}
