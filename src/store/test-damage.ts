import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import Database from 'better-sqlite3';

/** Where the root page of a table lies in the file, after all that is in the WAL has come there. */
export function rootOf(path: string, table: string): { readonly at: number; readonly bytes: number } {
  const db = new Database(path);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const bytes = Number(db.pragma('page_size', { simple: true }));
  const root = db
    .prepare<[string], number>('SELECT rootpage FROM sqlite_schema WHERE name = ?')
    .pluck()
    .get(table);
  db.close();
  if (root === undefined) {
    throw new Error(`there is no table ${table}`);
  }
  return { at: (root - 1) * bytes, bytes };
}

/** Makes nonsense of a table's root page, as a failing disk would. Nobody may have the file open. */
export function damageTable(path: string, table: string): void {
  const { at, bytes } = rootOf(path, table);
  flipBytes(path, at, bytes);
}

/** Flips every bit of some bytes. */
export function flipBytes(path: string, at: number, length: number): void {
  const fd = openSync(path, 'r+');
  try {
    const bytes = Buffer.alloc(Math.min(length, fstatSync(fd).size - at));
    readSync(fd, bytes, 0, bytes.length, at);
    for (const [index, byte] of bytes.entries()) {
      bytes[index] = byte ^ 0xff;
    }
    writeSync(fd, bytes, 0, bytes.length, at);
  } finally {
    closeSync(fd);
  }
}
