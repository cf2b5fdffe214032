import {
  closeSync,
  constants,
  ftruncateSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyBatch } from './apply-batch.ts';
import type { PageBatch } from './batch.ts';
import { openWalFollower, type Look, type WalFollower } from './index.ts';
import { OverflowScan } from './overflow-scan.ts';
import { RangeCollector } from './ranges.ts';
import { TableMap } from './table-map.ts';
import { damages, spoil, unlessLost } from './test-damage.ts';
import { learnOverflow } from './test-follow.ts';
import { plainMap, plainRanges } from './test-map.ts';
import { FOLLOWED } from './test-operations.ts';
import { WriterProcess, type Command } from './test-writer.ts';

/** `WAL_DAMAGES=5000 vitest run … src/wal/damage.test.ts` looks longer. */
const RUNS = Number(process.env['WAL_DAMAGES'] ?? 150);
const TIMEOUT_MS = 30_000 + RUNS * 100;
const PAGE_SIZE = 512;

interface Files {
  readonly database: Buffer;
  readonly wal: Buffer;
  readonly index: Buffer;
}

const HISTORY: readonly Command[] = [
  {
    do: 'transaction',
    operations: [
      { do: 'flag', at: 0.5, count: 2 },
      { do: 'overflow-only', at: 0.2, byte: 0.9 },
    ],
  },
  {
    do: 'transaction',
    operations: [
      { do: 'insert', count: 40, size: 50 },
      { do: 'resize', at: 0.3, size: 4000 },
    ],
  },
  {
    do: 'transaction',
    operations: [
      { do: 'delete', at: 0.6, count: 60 },
      { do: 'link', count: 30 },
    ],
  },
];

describe('with damaged files', () => {
  let folder: string;
  let roots: ReadonlyMap<string, number>;
  let schemaVersion: number;
  let before: Files;
  /** After some commits; and after one more, for which the WAL began anew. */
  let after: readonly [Files, Files];
  let copies = 0;

  const readFiles = (path: string): Files => ({
    database: readFileSync(path),
    wal: readFileSync(`${path}-wal`),
    index: readFileSync(`${path}-shm`).subarray(0, 136),
  });

  const put = (path: string, { database, wal, index }: Files) => {
    overwrite(path, database);
    overwrite(`${path}-wal`, wal);
    overwrite(`${path}-shm`, index);
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-wal-'));
    const path = join(folder, 'source.db');
    const writer = new WriterProcess();
    const size = {
      pageSize: PAGE_SIZE,
      autoVacuum: 0,
      journalSizeLimit: -1,
      autoCheckpoint: 0,
      cachePages: 2000,
    };
    await writer.send({ do: 'open', settings: { path, isNew: true, ...size } });
    const rows = [
      { do: 'insert', count: 300, size: 60 },
      { do: 'insert', count: 20, size: 3000 },
    ] as const;
    await writer.send({ do: 'transaction', operations: rows });
    await writer.send({ do: 'sql', sql: 'PRAGMA wal_checkpoint(TRUNCATE)' });
    await writer.send({ do: 'transaction', operations: [{ do: 'note', count: 30, size: 300 }] });
    before = readFiles(path);
    for (const command of HISTORY) {
      await writer.send(command);
    }
    const same = readFiles(path);
    await writer.send({ do: 'sql', sql: 'PRAGMA wal_checkpoint(PASSIVE)' });
    await writer.send({ do: 'transaction', operations: [{ do: 'flag', at: 0.1, count: 1 }] });
    after = [same, readFiles(path)];
    await writer.stop();
    const db = new Database(path, { readonly: true });
    schemaVersion = Number(db.pragma('schema_version', { simple: true }));
    const tables = db.prepare<[], [string, number]>(
      "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'",
    );
    roots = new Map(tables.raw().all());
    db.close();
  });

  afterAll(() => rmSync(folder, { recursive: true }));

  /** A follower of copies that nobody else has open, so that its caller needs no connection. */
  const follow = (files: Files) => {
    copies += 1;
    const path = join(folder, `copy ${copies}.db`);
    put(path, files);
    const follower = openWalFollower({
      databasePath: path,
      tables: FOLLOWED,
      roots: () => roots,
      schemaVersion: () => schemaVersion,
      pinned: (body) => body(),
    });
    return { path, follower };
  };

  const view = (follower: WalFollower) => [plainMap(follower), plainRanges(follower)] as const;

  const build = (follower: WalFollower) => {
    follower.rebuild();
    learnOverflow(follower);
    return view(follower);
  };

  it.each([
    ['the same generation', 0],
    ['a salvaged one', 1],
  ] as const)(
    'tells nothing wrong of %s',
    (_name, end) => {
      const { path, follower } = follow(before);
      build(follower);
      put(path, after[end]);
      const truth = follower.look();
      expect(truth).toMatchObject({ state: 'changed', resets: { proved: 0, salvaged: end } });
      const trueView = view(follower);
      const seen = new Set<Look['state']>();
      const damage = fc.record({ file: fc.constantFrom('wal' as const, 'index' as const), damage: damages });
      fc.assert(
        fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (list) => {
          put(path, before);
          build(follower);
          let { wal, index } = after[end];
          for (const { file, damage } of list) {
            wal = file === 'wal' ? spoil(wal, damage, 32, 24 + PAGE_SIZE) : wal;
            index = file === 'index' ? spoil(index, damage, 0, 48) : index;
          }
          put(path, { ...after[end], wal, index });
          const look = follower.look();
          seen.add(look.state);
          const told = look.state === 'changed' ? [look, view(follower)] : [truth, trueView];
          expect(told).toEqual([truth, trueView]);
          // Over a header that stays torn a build waits its time out: below, once.
          const isBuilt = index.equals(after[end].index);
          expect((isBuilt ? unlessLost(() => build(follower)) : null) ?? trueView).toEqual(trueView);
        }),
        { numRuns: RUNS },
      );
      expect([...seen].toSorted()).toEqual(['changed', 'lost', 'same']);
    },
    TIMEOUT_MS,
  );

  it.each([3, 8, 47, 48, 95])('builds nothing on a header with byte %i turned', (at) => {
    const { follower } = follow({
      ...before,
      index: spoil(before.index, { do: 'turn', at: at / 136, bit: 0 }, 0, 48),
    });
    expect(() => follower.rebuild()).toThrow(expect.objectContaining({ reason: 'index_torn' }));
    expect(follower.look()).toEqual({ state: 'lost', reason: 'not_built' });
  });

  it(
    'is only ever lost over pages that make no sense, and never runs on',
    () => {
      const { follower } = follow(before);
      const [{ leaves, interior, overflow }] = build(follower);
      const pages = Math.floor(before.database.length / PAGE_SIZE);
      const known = [...leaves, ...interior, ...overflow.map((row) => Number.parseInt(row, 10))];
      const some = fc.oneof(
        fc.constantFrom(...known),
        fc.constantFrom(...known),
        fc.integer({ min: 2, max: pages }),
      );
      const image = (page: number) => before.database.subarray((page - 1) * PAGE_SIZE, page * PAGE_SIZE);
      const content = fc.oneof(
        // Another page's content, or its own, with some of its bytes turned.
        fc.tuple(some, fc.array(damages, { maxLength: 2 })).map(([page, list]) => {
          const spoilt = list.reduce<Buffer>((bytes, damage) => spoil(bytes, damage, 0, 16), image(page));
          return Buffer.concat([spoilt, Buffer.alloc(PAGE_SIZE - spoilt.length)]);
        }),
        fc.uint8Array({ minLength: PAGE_SIZE, maxLength: PAGE_SIZE }).map((bytes) => Buffer.from(bytes)),
        // Cycles and strangers: an interior page that refers to any pages.
        fc.array(some, { minLength: 1, maxLength: 20 }).map(interiorPage),
      );
      const tables = new Map(FOLLOWED.map((table) => [table, roots.get(table) ?? 0]));
      const counts = { lost: 0, survived: 0 };
      fc.assert(
        fc.property(fc.array(fc.tuple(some, content), { minLength: 1, maxLength: 8 }), (written) => {
          const batch = batchOf(new Map(written));
          const done = unlessLost(() => {
            const map = new TableMap({ pageSize: PAGE_SIZE, usable: PAGE_SIZE, pages }, tables);
            map.build(image);
            const scan = new OverflowScan(map);
            scan.read(image, () => false);
            for (const leaf of scan.update(applyBatch(map, batch, new RangeCollector()), batch)) {
              map.locate(leaf);
            }
            return true;
          });
          counts.lost += Number(done === null);
          counts.survived += Number(done === true);
          unlessLost(() => {
            const map = new TableMap({ pageSize: PAGE_SIZE, usable: PAGE_SIZE, pages }, tables);
            const now = (page: number) => (batch.has(page) ? batch.image(page) : image(page));
            map.build(now);
            new OverflowScan(map).read(now, () => false);
          });
        }),
        { numRuns: RUNS * 2 },
      );
      expect(Math.min(counts.lost, counts.survived)).toBeGreaterThan(RUNS / 20);
    },
    TIMEOUT_MS,
  );
});

/** In the same inode, and without emptying it first, which file systems answer with a flush. */
function overwrite(path: string, bytes: Buffer): void {
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600);
  writeSync(fd, bytes, 0, bytes.length, 0);
  ftruncateSync(fd, bytes.length);
  closeSync(fd);
}

function batchOf(pages: ReadonlyMap<number, Buffer>): PageBatch {
  return {
    has: (page) => pages.has(page),
    image: (page) => pages.get(page) ?? Buffer.alloc(PAGE_SIZE),
    forEach: (visit) => {
      for (const page of pages.keys()) {
        visit(page);
      }
    },
  };
}

function interiorPage(children: readonly number[]): Buffer {
  const page = Buffer.alloc(PAGE_SIZE);
  page.writeUInt8(5, 0);
  page.writeUInt16BE(children.length - 1, 3);
  page.writeUInt32BE(children.at(-1) ?? 0, 8);
  for (const [index, child] of children.slice(0, -1).entries()) {
    const cell = PAGE_SIZE - 8 * (index + 1);
    page.writeUInt16BE(cell, 12 + 2 * index);
    page.writeUInt32BE(child, cell);
    page.writeUInt8(index + 1, cell + 4);
  }
  return page;
}
