import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWalFollower, type WalFollower } from './index.ts';
import { followWith, learnOverflow } from './test-follow.ts';

/** Writes more than its cache holds, so that frames stand in the file, and commits when it is told to. */
const SLOW_COMMIT = `
  const { workerData: { steps, path, sqlite } } = require('node:worker_threads');
  const db = new (require(sqlite))(path);
  db.pragma('cache_size = 1');
  db.exec('BEGIN');
  db.prepare('UPDATE item SET data = ?').run(Buffer.alloc(2000, 1));
  Atomics.store(steps, 0, 1);
  Atomics.notify(steps, 0);
  Atomics.wait(steps, 1, 0);
  db.exec('COMMIT');
  db.close();
`;

describe('the follower', () => {
  let folder: string;
  let path: string;
  let writer: Database.Database;
  let reader: Database.Database;
  let follower: WalFollower;

  const ranges = (table: string) => {
    const look = follower.look();
    return look.state === 'changed' ? look.tables.get(table) : look.state;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wal-'));
    path = join(folder, 'some.db');
    writer = new Database(path);
    writer.pragma('page_size = 512');
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, data BLOB); CREATE TABLE other (a)');
    const insert = writer.prepare('INSERT INTO item (name, data) VALUES (?, ?)');
    writer.transaction(() => {
      for (let id = 1; id <= 1000; id += 1) {
        insert.run(`name ${id}`, Buffer.alloc(id % 50 === 0 ? 3000 : 10, id));
      }
    })();
    reader = new Database(path, { readonly: true });
    follower = openWalFollower(followWith(reader, path, ['item', 'absent']));
  });

  afterEach(() => {
    reader.close();
    writer.close();
    rmSync(folder, { recursive: true });
  });

  it('is lost until it is built, and finds nothing when nothing was committed', () => {
    expect(follower.look()).toEqual({ state: 'lost', reason: 'not_built' });
    expect(follower.rebuild().leaves).toBeGreaterThan(50);
    expect(follower.look()).toEqual({ state: 'same' });
  });

  it('names the rows around a changed one, and no others', () => {
    follower.rebuild();
    writer.prepare('UPDATE item SET name = ? WHERE id = 77').run('name 77x');
    const [range, ...more] = ranges('item') ?? [];
    expect(more).toEqual([]);
    expect(range).toSatisfy(
      ({ after, upTo }: { after: number; upTo: number }) => after < 77 && 77 <= upTo && upTo - after < 30,
    );
    expect(follower.look()).toEqual({ state: 'same' });
  });

  it('is settled only where nothing has been written that is still to be published', () => {
    expect(follower.isSettled()).toBe(false);
    follower.rebuild();
    expect(follower.isSettled()).toBe(true);
    // A transaction larger than the cache writes frames long before its commit.
    writer.pragma('cache_size = 1');
    const fill = writer.prepare('UPDATE item SET data = ?');
    let byte = 0;
    const spill = (end: 'COMMIT' | 'ROLLBACK') => {
      writer.exec('BEGIN');
      byte += 1;
      fill.run(Buffer.alloc(2000, byte));
      const [seen, isSettled] = [follower.look().state, follower.isSettled()];
      writer.exec(end);
      return [seen, isSettled];
    };
    expect(spill('COMMIT')).toEqual(['same', false]);
    expect(follower.isSettled()).toBe(false);
    expect([follower.look().state, follower.isSettled()]).toEqual(['changed', true]);
    // Nobody will publish what an aborted one left.
    expect(spill('ROLLBACK')).toEqual(['same', false]);
    expect([follower.look().state, follower.isSettled()]).toEqual(['same', false]);
    writer.exec("UPDATE item SET name = 'x'");
    expect(follower.look().state).toBe('changed');
    // A new generation has a new head, which is written before anything of it is published.
    writer.pragma('wal_checkpoint(RESTART)');
    expect([follower.look().state, follower.isSettled()]).toEqual(['same', true]);
    expect(spill('COMMIT')).toEqual(['same', false]);
    expect([follower.look().state, follower.isSettled()]).toEqual(['changed', true]);
    writer.pragma('wal_checkpoint(TRUNCATE)');
    expect([follower.look().state, follower.isSettled()]).toEqual(['same', true]);
  });

  it('waits for a commit that is being written, and no longer than it may', async () => {
    follower.rebuild();
    const steps = new Int32Array(new SharedArrayBuffer(8));
    const writing = new Worker(SLOW_COMMIT, {
      eval: true,
      workerData: { steps, path, sqlite: createRequire(import.meta.url).resolve('better-sqlite3') },
    });
    try {
      // Its frames are written, its commit waits for our word.
      expect(Atomics.wait(steps, 0, 0, 20_000)).not.toBe('timed-out');
      follower.awaitCommit(2);
      expect(follower.look().state).toBe('same');
      Atomics.store(steps, 1, 1);
      Atomics.notify(steps, 1);
      follower.awaitCommit(20_000);
      expect(follower.look().state).toBe('changed');
      // Nothing is written now: to wait would take longer than a test may.
      follower.awaitCommit(60_000);
    } finally {
      await writing.terminate();
    }
  });

  it('tells a commit that touched none of the tables', () => {
    follower.rebuild();
    writer.exec('INSERT INTO other VALUES (1)');
    expect(follower.look()).toMatchObject({ state: 'changed', tables: new Map(), commits: 1 });
  });

  it('finds the row of an overflow page that was written alone', () => {
    follower.rebuild();
    learnOverflow(follower, 1);
    const data = Buffer.alloc(3000, 50);
    data[2900] = 1;
    writer.prepare('UPDATE item SET data = ? WHERE id = 50').run(data);
    expect(follower.look()).toMatchObject({ frames: 1 });
    data[2900] = 2;
    writer.prepare('UPDATE item SET data = ? WHERE id = 50').run(data);
    expect(ranges('item')).toEqual([
      expect.toSatisfy(({ after, upTo }: { after: number; upTo: number }) => after < 50 && 50 <= upTo),
    ]);
  });

  it('is lost when the schema changes, and goes on after it is built anew', () => {
    follower.rebuild();
    writer.exec('CREATE TABLE third (a)');
    expect(follower.look()).toEqual({ state: 'lost', reason: 'schema_changed' });
    follower.rebuild();
    writer.exec('DELETE FROM item WHERE id = 1');
    expect(ranges('item')).toHaveLength(1);
  });
});
