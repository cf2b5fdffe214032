import { copyFileSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openWalFollower, type WalFollower } from './index.ts';
import { followWith, learnOverflow } from './test-follow.ts';
import { plainMap, plainRanges, statMap } from './test-map.ts';
import { FOLLOWED, type Operation } from './test-operations.ts';
import { WriterProcess, type Reply, type WriterSettings } from './test-writer.ts';

const SETTINGS = {
  isNew: true,
  pageSize: 4096,
  autoVacuum: 0,
  journalSizeLimit: -1,
  autoCheckpoint: 0,
  cachePages: 2000,
} as const satisfies Partial<WriterSettings>;

describe('when something goes wrong around it', () => {
  let folder: string;
  let path: string;
  let writer: WriterProcess;
  let db: Database.Database;
  let follower: WalFollower;

  beforeAll(() => {
    writer = new WriterProcess();
  });

  afterAll(() => writer.stop());

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wal-'));
    path = join(folder, 'some.db');
  });

  afterEach(() => {
    db.close();
    rmSync(folder, { recursive: true });
  });

  const start = async (settings: Partial<WriterSettings> = {}) => {
    await writer.send({ do: 'open', settings: { ...SETTINGS, ...settings, path } });
    await write({ do: 'insert', count: 300, size: 100 });
    db = new Database(path, { readonly: true });
    follower = openWalFollower(followWith(db, path, FOLLOWED));
    follower.rebuild();
    learnOverflow(follower);
  };

  const write = (...operations: readonly Operation[]) => writer.send({ do: 'transaction', operations });
  const sql = (text: string) => writer.send({ do: 'sql', sql: text });

  /** The changed rows that the look did not name. */
  const missed = ({ changes }: Reply) => {
    const look = follower.look();
    const tables = look.state === 'changed' ? look.tables : new Map<string, []>();
    return changes.filter(
      ([table, rowid]) =>
        !(tables.get(table) ?? []).some(({ after, upTo }) => after < rowid && rowid <= upTo),
    );
  };

  it.each([
    ['2,000 rows in pages of 512 bytes', 512, 2000, 300],
    ['50,000 rows at once, more than is held in memory', 4096, 50_000, 60],
  ])('names %s', async (_name, pageSize, count, size) => {
    await start({ pageSize, cachePages: 200 });
    const operations: readonly (readonly Operation[])[] = [
      [{ do: 'insert', count, size }],
      [{ do: 'flag', at: 0, count }],
      [{ do: 'clear', table: 'item' }],
    ];
    for (const transaction of operations) {
      const reply = await write(...transaction);
      expect(reply.changes.length).toBeGreaterThanOrEqual(count);
      expect(missed(reply)).toEqual([]);
      expect(plainMap(follower)).toEqual(statMap(db));
    }
    expect(follower.counters()).toMatchObject({ lost: 0 });
  });

  it('salvages what a checkpoint has left behind the new frames, where the file was not cut', async () => {
    await start();
    const first = await write({ do: 'flag', at: 0.9, count: 3 }, { do: 'resize', at: 0.1, size: 30_000 });
    const second = await write({ do: 'insert', count: 30, size: 500 });
    await sql('PRAGMA wal_checkpoint(PASSIVE)');
    const third = await write({ do: 'flag', at: 0.5, count: 1 });
    expect(missed({ ...third, changes: [first, second, third].flatMap(({ changes }) => changes) })).toEqual(
      [],
    );
    expect(follower.counters()).toMatchObject({ lost: 0, resets: { proved: 0, salvaged: 1 } });
    expect(plainMap(follower)).toEqual(statMap(db));
  });

  it('says that commits are gone when they are, and follows again once it is built anew', async () => {
    await start({ journalSizeLimit: 0 });
    await write({ do: 'flag', at: 0.9, count: 3 });
    await sql('PRAGMA wal_checkpoint(PASSIVE)');
    await write({ do: 'flag', at: 0.5, count: 1 });
    expect(follower.look()).toEqual({ state: 'lost', reason: 'commits_unseen' });
    expect(follower.look()).toEqual({ state: 'lost', reason: 'commits_unseen' });
    expect(follower.scanOverflow(1000)).toBe(false);
    follower.rebuild();
    expect(follower.look()).toEqual({ state: 'same' });
    expect(missed(await write({ do: 'flag', at: 0.3, count: 1 }))).toEqual([]);
    expect(follower.counters()).toMatchObject({ lost: 1 });
  });

  it('follows into a -wal that was deleted and made again', async () => {
    await start();
    // An empty log lets a writer begin a new file; this process still holds the old one.
    await sql('PRAGMA wal_checkpoint(TRUNCATE)');
    expect(follower.look()).toMatchObject({ state: 'same' });
    await writer.send({ do: 'recreate-wal' });
    expect(missed(await write({ do: 'flag', at: 0.5, count: 2 }))).toEqual([]);
    expect(follower.counters()).toMatchObject({ lost: 0, resets: { proved: 2 } });
  });

  it('is lost rather than wrong when a -wal is deleted and made again between two looks', async () => {
    await start();
    await writer.send({ do: 'recreate-wal' });
    await write({ do: 'flag', at: 0.5, count: 2 });
    expect(follower.look()).toEqual({ state: 'lost', reason: 'new_generation' });
  });

  it('notices that another -shm or another database has taken the name', async () => {
    await start();
    expect(follower.identity()).toBe('same');
    const endings = ['', '-shm'];
    for (const ending of endings) {
      renameSync(path + ending, `${path}.moved`);
      copyFileSync(`${path}.moved`, path + ending);
      expect(follower.identity()).toBe('replaced');
      expect(() => follower.rebuild()).toThrow(expect.objectContaining({ reason: 'replaced' }));
      renameSync(`${path}.moved`, path + ending);
      expect(follower.identity()).toBe('same');
    }
    expect(endings).toHaveLength(2);
  });

  it('agrees with SQLite about the last frame', async () => {
    await start();
    const frames = () => Number(db.prepare<[], { log: number }>('PRAGMA wal_checkpoint(NOOP)').get()?.log);
    await write({ do: 'flag', at: 0.5, count: 2 });
    expect(frames()).toBeGreaterThan(10);
    expect(follower.selfTest(frames)).toBe('agrees');
    expect(follower.selfTest(() => frames() + 1)).toBe('disagrees');
    expect(follower.look()).toMatchObject({ state: 'changed', commits: 1 });
  });

  it('tells the pages that were written before their owner was known, once it is', async () => {
    await start();
    await write({ do: 'insert', count: 20, size: 20_000 });
    follower.rebuild();
    const reply = await write({ do: 'overflow-only', at: 1, byte: 1 });
    expect(reply.changes).toHaveLength(1);
    const [before] = [plainRanges(follower)];
    expect(missed(reply)).toEqual(reply.changes);
    learnOverflow(follower, 0);
    expect(missed(reply)).toEqual([]);
    expect(plainRanges(follower)).toEqual(before);
  });
});
