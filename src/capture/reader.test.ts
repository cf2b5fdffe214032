import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../runtime/index.ts';
import { createChatDb } from '../simulator/index.ts';
import { Reader } from './reader.ts';
import { ScanSource } from './scan-source.ts';

let folder: string;
let path: string;
let db: Database.Database;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reader-'));
  path = join(folder, 'chat.db');
  db = createChatDb(path, '26');
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true });
});

/** A reader for which something happens to the files right after it has opened them. */
async function lookOver(happens: () => void): Promise<Reader> {
  const clock = new ManualClock(Date.UTC(2026, 10, 1));
  const reader = new Reader({
    path,
    clock,
    cursor: null,
    pending: [],
    openSource: (opened) => {
      happens();
      return new ScanSource(opened, clock, 'chosen');
    },
    fallBack: () => {
      throw new Error('not asked for');
    },
    deliver: () => Promise.resolve(),
    onStatus: () => undefined,
    wantPrints: () => undefined,
  });
  // The first look anchors, and is followed by a new process.
  await reader.look().catch(() => undefined);
  return reader;
}

describe('a reader', () => {
  it('knows the files that it has opened, though SQLite made some of them only then', async () => {
    db.close();
    expect((await lookOver(() => undefined)).isReplaced()).toBe(false);
  });

  it('notices a database that took the name while it was being opened', async () => {
    const reader = await lookOver(() => {
      const other = join(folder, 'other.db');
      createChatDb(other, '26').close();
      renameSync(other, path);
    });
    expect(reader.isReplaced()).toBe(true);
  });

  it('notices side files that were replaced while it was being opened', async () => {
    const reader = await lookOver(() => {
      copyFileSync(`${path}-shm`, join(folder, 'shm'));
      renameSync(join(folder, 'shm'), `${path}-shm`);
    });
    expect(reader.isReplaced()).toBe(true);
  });
});
