import type Database from 'better-sqlite3';

/** What SQLite finds wrong first with a store, or with one table of it; `null` where it finds nothing. */
export function quickCheck(db: Database.Database, table: string | null = null): string | null {
  const found = String(db.pragma(`quick_check(${table === null ? '1' : `'${table}'`})`, { simple: true }));
  return found === 'ok' ? null : found;
}
