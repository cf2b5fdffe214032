import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openWalFollower, type Look, type WalFollower } from './index.ts';
import { setups, steps, type Setup, type Step } from './test-arbitraries.ts';
import { followWith, learnOverflow } from './test-follow.ts';
import type { Sum } from './test-ledger.ts';
import { plainMap, plainRanges, statMap } from './test-map.ts';
import { FOLLOWED } from './test-operations.ts';
import { WriterProcess } from './test-writer.ts';

/** Histories to make up: `WAL_HISTORIES=500 vitest run … src/wal/lockstep.test.ts` looks longer. */
const HISTORIES = Number(process.env['WAL_HISTORIES'] ?? 25);
const STEPS = 25;
const TIMEOUT_MS = 30_000 + HISTORIES * 2000;

/** Who looks after every step, who only now and then, and who learns the overflow pages meanwhile. */
class Watcher {
  readonly follower: WalFollower;
  /** What changed since its last look: what the rows held then. */
  readonly #before = new Map<string, { readonly table: string; readonly rowid: number; readonly sum: Sum }>();

  constructor(follower: WalFollower) {
    this.follower = follower;
    follower.rebuild();
  }

  note(table: string, rowid: number, before: Sum): void {
    const key = `${table} ${rowid}`;
    if (!this.#before.has(key)) {
      this.#before.set(key, { table, rowid, sum: before });
    }
  }

  /** Looks, and returns the changes that it should have told and has not. */
  look(now: (table: string, rowid: number) => Sum): {
    readonly look: Look;
    readonly missed: readonly string[];
  } {
    const look = this.follower.look();
    if (look.state === 'lost') {
      this.follower.rebuild();
      this.#before.clear();
      return { look, missed: [] };
    }
    const tables = look.state === 'changed' ? look.tables : new Map<string, []>();
    const missed = [...this.#before.values()].filter(
      ({ table, rowid, sum }) =>
        now(table, rowid) !== sum &&
        !(tables.get(table) ?? []).some(({ after, upTo }) => after < rowid && rowid <= upTo),
    );
    this.#before.clear();
    return { look, missed: missed.map(({ table, rowid }) => `${table} ${rowid}`) };
  }
}

describe('in lockstep with a writer', () => {
  let folder: string;
  let writer: WriterProcess;
  let databases = 0;
  const counts = { changes: 0, proved: 0 };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wal-'));
    writer = new WriterProcess();
  });

  afterAll(async () => {
    await writer.stop();
    rmSync(folder, { recursive: true });
  });

  const play = async (setup: Setup, history: readonly Step[]) => {
    databases += 1;
    const path = join(folder, `${databases}.db`);
    await writer.send({ do: 'open', settings: { ...setup, path, isNew: true } });
    const db = new Database(path, { readonly: true });
    const watcher = () => new Watcher(openWalFollower(followWith(db, path, FOLLOWED)));
    const rows = new Map<string, Sum>();
    const now = (table: string, rowid: number) => rows.get(`${table} ${rowid}`) ?? null;
    try {
      const [every, some, late, fresh] = [watcher(), watcher(), watcher(), watcher()];
      learnOverflow(every.follower);
      learnOverflow(some.follower);
      for (const [index, step] of history.entries()) {
        const { changes } = await writer.send(step);
        counts.changes += changes.length;
        for (const [table, rowid, sum] of changes) {
          for (const watcher of [every, some, late]) {
            watcher.note(table, rowid, now(table, rowid));
          }
          rows.set(`${table} ${rowid}`, sum);
        }
        const told = every.look(now);
        expect(told.missed).toEqual([]);
        if (told.look.state === 'lost') {
          expect(step).toMatchObject({ changesSchema: true });
          expect(told.look.reason).toBe('schema_changed');
        }
        learnOverflow(every.follower);
        if (index % 4 === 3) {
          expect(some.look(now).missed).toEqual([]);
        }
        if (index % 3 === 2) {
          fresh.follower.rebuild();
          learnOverflow(fresh.follower);
          const live = plainMap(every.follower);
          expect(live).toEqual(statMap(db));
          expect(live).toEqual(plainMap(fresh.follower));
          expect(plainRanges(every.follower)).toEqual(plainRanges(fresh.follower));
        }
        // No time at all: each slice reads a few leaves, so that the batches find it half done.
        late.follower.scanOverflow(0);
      }
      while (late.follower.counters().lost === 0 && !late.follower.scanOverflow(0)) {
        // To its end: the pages that were written meanwhile find their owners.
      }
      expect(late.look(now).missed).toEqual([]);
      for (const { follower } of [every, some, late]) {
        counts.proved += follower.counters().resets.proved;
      }
    } finally {
      db.close();
    }
  };

  it(
    'tells every changed row, and keeps a map that equals SQLite’s own',
    async () => {
      await fc.assert(
        fc.asyncProperty(
          setups.chain((setup) => fc.tuple(fc.constant(setup), steps(setup.pageSize, STEPS))),
          async ([setup, history]) => play(setup, history),
        ),
        { numRuns: HISTORIES, endOnFailure: HISTORIES > 100 },
      );
      // It has seen something: rows that changed, and logs that began anew.
      expect(counts.changes).toBeGreaterThan(HISTORIES);
      expect(counts.proved).toBeGreaterThan(HISTORIES);
    },
    TIMEOUT_MS,
  );
});
