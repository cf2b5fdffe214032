import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { errorCode } from '../runtime/index.ts';
import { createChatDb } from '../simulator/index.ts';
import type { MessagesDb } from './messages-db.ts';
import { createMessagesSource, type MessagesSource } from './messages-source.ts';

let folder: string;
let path: string;
let source: MessagesSource;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'messages-source-'));
  path = join(folder, 'chat.db');
  source = createMessagesSource(path);
});
afterEach(() => {
  source.close();
  rmSync(folder, { recursive: true, force: true });
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return errorCode(error);
  }
  return 'nothing thrown';
}

/** Writes a row from a process of its own, as Messages does, and leaves the file. */
function writeElsewhere(target: string, guid: string): void {
  const script = `
    import Database from 'better-sqlite3';
    const db = new Database(process.argv[1]);
    db.prepare('INSERT INTO message (guid, date) VALUES (?, 1)').run(process.argv[2]);
    db.close();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', script, target, guid], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
}

describe('a source of messages', () => {
  it('opens at the first use and keeps its handle while the files stay', () => {
    expect(codeOf(() => source.use((db) => db.lastRowId()))).toBe('messages_db_missing');
    createChatDb(path, '26').close();
    const seen = new Set<MessagesDb>();
    for (let n = 0; n < 3; n += 1) {
      seen.add(source.use((db) => db));
      writeElsewhere(path, `G-${n}`);
      expect(source.use((db) => db.lastRowId())).toBe(n + 1);
    }
    expect(seen.size).toBe(1);
  });

  it('reads the new file when the old one was replaced', () => {
    createChatDb(path, '15', 'OLD').close();
    writeElsewhere(path, 'G-1');
    expect(source.use((db) => [db.databaseId(), db.lastRowId()])).toEqual(['OLD', 1]);
    const fresh = join(folder, 'fresh.db');
    createChatDb(fresh, '26', 'NEW').close();
    for (const suffix of ['-wal', '-shm']) {
      rmSync(`${path}${suffix}`, { force: true });
    }
    renameSync(fresh, path);
    expect(source.use((db) => [db.databaseId(), db.lastRowId()])).toEqual(['NEW', 0]);
  });

  it('says that the file is missing while it is away, and reads on when it is back', () => {
    createChatDb(path, '26').close();
    writeElsewhere(path, 'G-1');
    expect(source.use((db) => db.position(db.lastRowId()).guid)).toBe('G-1');
    const away = join(folder, 'away');
    mkdirSync(away);
    source.close();
    renameSync(path, join(away, 'chat.db'));
    expect(codeOf(() => source.use((db) => db.lastRowId()))).toBe('messages_db_missing');
    renameSync(join(away, 'chat.db'), path);
    expect(source.use((db) => db.position(db.lastRowId()).guid)).toBe('G-1');
  });

  it('reads on when the WAL was unlinked and begun anew beside the same database', () => {
    createChatDb(path, '26').close();
    expect(source.use((db) => db.lastRowId())).toBe(0);
    for (const suffix of ['-wal', '-shm']) {
      rmSync(`${path}${suffix}`, { force: true });
    }
    writeElsewhere(path, 'G-1');
    expect(source.use((db) => db.lastRowId())).toBe(1);
    writeElsewhere(path, 'G-2');
    expect(source.use((db) => db.lastRowId())).toBe(2);
  });

  it('closes twice without harm and opens again when used', () => {
    createChatDb(path, '13').close();
    source.use((db) => db.lastRowId());
    source.close();
    source.close();
    expect(source.use((db) => db.lastRowId())).toBe(0);
  });

  it('hands through what the read throws', () => {
    createChatDb(path, '13').close();
    expect(() =>
      source.use(() => {
        throw new RangeError('mine');
      }),
    ).toThrow(RangeError);
  });
});
