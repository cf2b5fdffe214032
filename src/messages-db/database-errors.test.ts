import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { BluelineError } from '../runtime/index.ts';
import { createChatDb } from '../simulator/index.ts';
import { openMessagesDb } from './messages-db.ts';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'messages-db-'));
  path = join(folder, 'chat.db');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function failure(run: () => unknown): { readonly code: string; readonly advice: string | null } {
  try {
    run();
  } catch (error) {
    if (error instanceof BluelineError) {
      return { code: error.code, advice: error.advice };
    }
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('a chat.db that cannot be used', () => {
  it('is missing where the file or its folder is not there', () => {
    expect(failure(() => openMessagesDb(path)).code).toBe('messages_db_missing');
    expect(failure(() => openMessagesDb(join(folder, 'none', 'chat.db'))).code).toBe('messages_db_missing');
  });

  it('is invalid where it is no database, no database of Messages, or a folder', () => {
    writeFileSync(path, 'This is not a database. '.repeat(300));
    expect(failure(() => openMessagesDb(path)).code).toBe('messages_db_invalid');
    writeFileSync(path, '');
    expect(failure(() => openMessagesDb(path)).code).toBe('messages_db_invalid');
    const other = join(folder, 'other.db');
    new Database(other).exec('CREATE TABLE message (guid TEXT)').close();
    expect(failure(() => openMessagesDb(other)).code).toBe('messages_db_invalid');
    expect(failure(() => openMessagesDb(folder)).code).toBe('messages_db_invalid');
  });

  it('names Full Disk Access where the system keeps SQLite out', () => {
    createChatDb(path, '26').close();
    // What a process without permission meets: a file that SQLite needs cannot be opened.
    mkdirSync(`${path}-wal`);
    const error = failure(() => openMessagesDb(path));
    expect(error.code).toBe('messages_db_unreadable');
    expect(error.advice).toContain('Full Disk Access');
  });

  it('is locked while another program holds it for itself, and free again afterwards', () => {
    const writer = createChatDb(path, '26');
    writer.pragma('locking_mode = EXCLUSIVE');
    writer.exec("INSERT INTO handle (id, service) VALUES ('+15550001', 'iMessage')");
    expect(failure(() => openMessagesDb(path)).code).toBe('messages_db_locked');
    writer.close();
    const again = openMessagesDb(path);
    expect(again.lastRowId()).toBe(0);
    again.close();
  });

  it('is invalid once its pages are overwritten', () => {
    const db = createChatDb(path, '26');
    const insert = db.prepare<[string]>('INSERT INTO message (guid, date) VALUES (?, 1)');
    db.transaction(() => {
      for (let n = 0; n < 2000; n += 1) {
        insert.run(`G-${n}`);
      }
    })();
    db.close();
    const file = openSync(path, 'r+');
    const { size } = fstatSync(file);
    writeSync(file, Buffer.alloc(size - 4096, 0xa5), 0, size - 4096, 4096);
    closeSync(file);
    expect(failure(() => openMessagesDb(path).lastRowId()).code).toBe('messages_db_invalid');
  });
});
