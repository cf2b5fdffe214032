import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { z } from 'zod';

/**
 * A macOS, as its chat.db is laid out: created fresh on 10.13, 10.15, 12.0, 13.0, 14.0, 26.0, 26.5.2 and 27.0; `14u`
 * (14.0) and `15` (15.0) are upgraded from 11 or earlier, with another column order and the `sr_*` columns kept.
 */
export type Era = '10.13' | '10.15' | '12' | '13' | '14' | '14u' | '15' | '26' | '26.5' | '27';

/** Oldest first. */
export const ERAS: readonly Era[] = ['10.13', '10.15', '12', '13', '14', '14u', '15', '26', '26.5', '27'];

/** Whether that macOS is as new as `version` (`13`, `26.5`); only ever asked for versions that begin an era. */
export function isSince(era: Era, version: number): boolean {
  return Number.parseFloat(era) >= version;
}

/** Each map goes from a name to its declaration; the order of columns is the order in the file. */
const eraSchema = z.object({
  tables: z.record(z.string(), z.record(z.string(), z.string())),
  constraints: z.record(z.string(), z.array(z.string())),
  indexes: z.record(z.string(), z.string()),
  triggers: z.record(z.string(), z.string()),
});

/**
 * Creates a chat.db (WAL, pages of 4096 bytes) with Apple's schema of that era; returns the open connection.
 * Left out are the triggers that call functions which only Messages' own process registers.
 * @param identity the database's `_UniqueIdentifier`, by which a replaced file is told from the old one
 */
export function createChatDb(path: string, era: Era, identity: string = upperUuid()): Database.Database {
  const file = new URL(`../../fixtures/chat-db/${era}.json`, import.meta.url);
  const schema = eraSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  const db = openChatDb(path);
  db.transaction(() => {
    for (const [table, columns] of Object.entries(schema.tables)) {
      const parts = Object.entries(columns).map(([name, declaration]) => `${name} ${declaration}`);
      db.exec(`CREATE TABLE ${table} (${[...parts, ...(schema.constraints[table] ?? [])].join(', ')})`);
    }
    for (const [name, declaration] of Object.entries(schema.indexes)) {
      db.exec(`CREATE INDEX ${name} ${declaration}`);
    }
    for (const [name, declaration] of Object.entries(schema.triggers)) {
      db.exec(`CREATE TRIGGER ${name} ${declaration}`);
    }
    const property = db.prepare<[string, string]>(
      'INSERT INTO _SqliteDatabaseProperties (key, value) VALUES (?, ?)',
    );
    property.run('_ClientVersion', '17023');
    property.run('_UniqueIdentifier', identity);
  })();
  return db;
}

/** Opens an existing chat.db as Messages does: for writing, in WAL mode, foreign keys on. */
export function openChatDb(path: string): Database.Database {
  const db = new Database(path);
  db.pragma('page_size = 4096');
  db.pragma('journal_mode = WAL');
  db.pragma('foreign_keys = ON');
  // A simulated Mac may lose its last moments with the machine's power; the bursts must be fast.
  db.pragma('synchronous = OFF');
  return db;
}

/** Guids of chat.db are UUIDs in upper case. */
export function upperUuid(): string {
  return randomUUID().toUpperCase();
}
