import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { keepCheckpointed } from './keep-checkpointed.ts';
import { openStore, type Store } from './store.ts';

/** More than SQLite's own measure of a thousand frames. */
const PAGES = 1_200;

let folder: string;
let store: Store;
let clock: ManualClock;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-checkpoint-'));
  store = openStore(folder);
  store.db.exec('CREATE TABLE t (x)');
  clock = new ManualClock(0);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const size = (suffix = '') => statSync(join(folder, `blueline.db${suffix}`)).size;

function write(pages: number): void {
  store.transaction(() => store.db.prepare('INSERT INTO t VALUES (zeroblob(?))').run(pages * 4_096));
}

it('copies a large WAL into the file once nobody commits, and leaves a small one', () => {
  const copying = keepCheckpointed({ store, clock, log: createLogger('silent') });
  const before = size();
  write(10);
  clock.advance(2_000);
  expect(size()).toBe(before);
  write(PAGES);
  expect(size(), 'a commit does not wait for it').toBe(before);
  clock.advance(1_000);
  expect(size(), 'more may come').toBe(before);
  clock.advance(1_000);
  expect(size()).toBeGreaterThan(PAGES * 4_096);
  copying.cancel();
});

it('does so whoever has committed', () => {
  store.checkpoint();
  store.checkpoint();
  const before = size();
  const other = new Database(join(folder, 'blueline.db'));
  other.pragma('wal_autocheckpoint = 0');
  other.prepare('INSERT INTO t VALUES (zeroblob(?))').run(PAGES * 4_096);
  store.checkpoint();
  store.checkpoint();
  expect(size()).toBeGreaterThan(before + PAGES * 4_096 - 1);
  other.close();
});

it('copies what a reader was in the way of once that reader is gone', () => {
  const other = new Database(join(folder, 'blueline.db'));
  other.exec('BEGIN; SELECT * FROM t');
  write(PAGES);
  store.checkpoint();
  store.checkpoint();
  expect(size()).toBeLessThan(PAGES * 4_096);
  other.exec('COMMIT');
  other.close();
  store.checkpoint();
  expect(size()).toBeGreaterThan(PAGES * 4_096);
});

it('does so between commits that never end, before the WAL grows without bounds', () => {
  const before = size();
  for (let second = 0; second < 16; second += 1) {
    write(PAGES);
    store.checkpoint();
  }
  expect(size()).toBeGreaterThan(before);
  expect(size('-wal')).toBeLessThan(20 * PAGES * 4_096);
});

it('does not keep the room that a burst has taken in the WAL, once the next commit begins it anew', () => {
  write(4 * PAGES);
  expect(size('-wal')).toBeGreaterThan(16 * 2 ** 20);
  store.checkpoint();
  store.checkpoint();
  write(1);
  expect(size('-wal')).toBe(8 * 2 ** 20);
});

it('tries again what failed, and says so once', () => {
  const lines: string[] = [];
  const log = createLogger('warn', { write: (line) => void lines.push(line) });
  let calls = 0;
  const failing = {
    checkpoint: () => {
      calls += 1;
      if (calls < 3) {
        throw Object.assign(new Error('full'), { code: 'SQLITE_FULL' });
      }
    },
  };
  keepCheckpointed({ store: failing, clock, log });
  for (let second = 0; second < 4; second += 1) {
    clock.advance(1_000);
  }
  expect(calls).toBe(4);
  expect(lines.map((line): { code: string } => JSON.parse(line)).map(({ code }) => code)).toEqual([
    'SQLITE_FULL',
  ]);
});
