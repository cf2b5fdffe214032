import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWalFollower, type WalFollower } from './index.ts';
import { followWith } from './test-follow.ts';
import { RowReader } from './test-ledger.ts';
import { FOLLOWED, type Followed } from './test-operations.ts';
import { WriterProcess, type WriterSettings } from './test-writer.ts';

/** What the rows hold as far as the follower has told: only the rows that it names are read again. */
class Copy {
  readonly #db: Database.Database;
  readonly #follower: WalFollower;
  readonly #reader: RowReader;
  readonly #rows = new Map<Followed, Map<number, number>>();
  lost = 0;

  constructor(db: Database.Database, follower: WalFollower) {
    this.#db = db;
    this.#follower = follower;
    this.#reader = new RowReader(db);
    this.start();
  }

  start(): void {
    this.#follower.rebuild();
    for (const table of FOLLOWED) {
      this.#rows.set(table, new Map(this.#reader.range(table, -Infinity, Infinity)));
    }
  }

  /** @returns whether anything was told */
  look(): boolean {
    const look = this.#follower.look();
    if (look.state === 'lost') {
      this.lost += 1;
      this.start();
    }
    if (look.state !== 'changed') {
      return look.state === 'lost';
    }
    this.#db.transaction(() => {
      for (const table of FOLLOWED) {
        for (const { after, upTo } of look.tables.get(table) ?? []) {
          this.#read(table, after, upTo);
        }
      }
    })();
    return true;
  }

  /** The rows that are not as the copy has them. */
  differences(): readonly string[] {
    return FOLLOWED.flatMap((table) => {
      const truth = this.#reader.range(table, -Infinity, Infinity);
      const copy = this.#rows.get(table) ?? new Map<number, number>();
      const ids = new Set([...truth.keys(), ...copy.keys()]);
      return [...ids].filter((id) => truth.get(id) !== copy.get(id)).map((id) => `${table} ${id}`);
    });
  }

  #read(table: Followed, after: number, upTo: number): void {
    const rows = this.#rows.get(table) ?? new Map<number, number>();
    for (const id of rows.keys()) {
      if (after < id && id <= upTo) {
        rows.delete(id);
      }
    }
    for (const [id, sum] of this.#reader.range(table, after, upTo)) {
      rows.set(id, sum);
    }
  }
}

describe('beside a writer that runs freely', () => {
  let folder: string;
  let writer: WriterProcess;
  let db: Database.Database;
  let copy: Copy;
  let follower: WalFollower;
  let settings: WriterSettings;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wal-'));
    writer = new WriterProcess();
    settings = {
      path: join(folder, 'some.db'),
      isNew: true,
      pageSize: 1024,
      autoVacuum: 1,
      journalSizeLimit: 32_768,
      autoCheckpoint: 200,
      cachePages: 20,
    };
    await writer.send({ do: 'open', settings });
    await writer.send({
      do: 'transaction',
      operations: [
        { do: 'insert', count: 400, size: 300 },
        { do: 'insert', count: 30, size: 5000 },
      ],
    });
    db = new Database(settings.path, { readonly: true });
    follower = openWalFollower(followWith(db, settings.path, FOLLOWED));
    copy = new Copy(db, follower);
  });

  afterEach(async () => {
    db.close();
    await writer.stop();
    rmSync(folder, { recursive: true });
  });

  /** Looks until `isOver`, learning the overflow pages on the side. */
  const follow = async (isOver: () => boolean) => {
    while (!isOver()) {
      copy.look();
      follower.scanOverflow(0.2);
      await setImmediate();
    }
  };

  const finish = () => {
    while (copy.look() || !follower.scanOverflow(10)) {
      // The pages that were written before their owner was known come last.
    }
    copy.look();
  };

  it('has told every change when the writer pauses', async () => {
    for (let round = 0; round < 3; round += 1) {
      let isDone = false;
      const running = writer.send({ do: 'run', transactions: 250, seed: round }).then(() => {
        isDone = true;
      });
      await follow(() => isDone);
      await running;
      finish();
      expect(copy.differences()).toEqual([]);
    }
    // The WAL did begin anew; how often that could be proved depends on how often this process had its turn.
    const { resets, lost } = follower.counters();
    expect(resets.proved + resets.salvaged + lost).toBeGreaterThan(0);
  });

  it('goes on when writers are killed in the middle of whatever they do', async () => {
    for (let round = 0; round < 3; round += 1) {
      writer.start({ do: 'run', transactions: 100_000, seed: 100 + round });
      let told = 0;
      await follow(() => {
        told += Number(copy.look());
        return told > 20 + round * 7;
      });
      writer.signal('SIGSTOP');
      copy.look();
      writer.signal('SIGCONT');
      await writer.kill();
      finish();
      expect(copy.differences()).toEqual([]);
      writer = new WriterProcess();
      await writer.send({ do: 'open', settings: { ...settings, isNew: false } });
      await writer.send({ do: 'transaction', operations: [{ do: 'flag', at: 0.5, count: 3 }] });
    }
    finish();
    expect(copy.differences()).toEqual([]);
  });

  it('sees nothing of a transaction that was killed before its commit', async () => {
    finish();
    // The cache is small: frames are in the file long before a commit.
    await writer.send({ do: 'hang-inside', operations: [{ do: 'insert', count: 3000, size: 500 }] });
    expect(follower.look()).toEqual({ state: 'same' });
    await writer.kill();
    writer = new WriterProcess();
    await writer.send({ do: 'open', settings: { ...settings, isNew: false } });
    await writer.send({ do: 'transaction', operations: [{ do: 'flag', at: 0.5, count: 1 }] });
    expect(follower.look()).toMatchObject({ state: 'changed', commits: 1 });
  });
});
