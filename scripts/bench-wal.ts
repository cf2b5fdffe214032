/**
 * What following the WAL costs: `npm run bench:wal [-- --rows 100000,1000000]`. Each figure is the median of many
 * short measurements, so that other work on the machine hardly shows. `--from <folder>` takes `<rows>.db` from there
 * instead of making a history. Ends with `N passed, N failed`.
 */
import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { generateHistory } from '../src/simulator/index.ts';
import { openWalFollower, type WalFollower } from '../src/wal/index.ts';
import { readOptions } from './lib/options.ts';

const TABLES = [
  'message',
  'attachment',
  'chat_message_join',
  'message_attachment_join',
  'chat_handle_join',
  'handle',
];
const MAX_IDLE_US = 3;
const MAX_RECEIPT_US = 500;
const MAX_GROWTH = 1.5;
const MAX_BUILD_MS_PER_MILLION = 300;
const MAX_BYTES_PER_MILLION = 5e6;
const SLICE_MS = 20;

const values = readOptions({ rows: { type: 'string', default: '100000,1000000' }, from: { type: 'string' } });

let passed = 0;
let failed = 0;
const folder = mkdtempSync(join(tmpdir(), 'blueline-bench-wal-'));
try {
  const receipts = values.rows.split(',').map((rows) => measure(Number(rows)));
  const growth = (receipts.at(-1) ?? 0) / (receipts[0] ?? 1);
  check(
    'a receipt costs the same in a large file',
    growth <= MAX_GROWTH,
    `${growth.toFixed(2)} times as much`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** @returns the time of a look at one receipt, in µs */
function measure(rows: number): number {
  const path = join(folder, `${rows}.db`);
  if (values.from === undefined) {
    generateHistory(path, { messages: rows });
  } else {
    copyFileSync(join(values.from, `${rows}.db`), path);
  }
  const writer = new Database(path);
  writer.pragma('journal_mode = WAL');
  writer.pragma('synchronous = NORMAL');
  const reader = new Database(path, { readonly: true });
  const follower = followed(reader, path);
  console.log(`${rows} messages`);

  follower.rebuild();
  const builds = Array.from({ length: 5 }, () => elapsedUs(() => follower.rebuild()) / 1000);
  const millions = rows / 1e6;
  check(
    'map',
    median(builds) <= MAX_BUILD_MS_PER_MILLION * Math.max(millions, 0.1),
    `${median(builds).toFixed(1)} ms`,
  );

  const slices: number[] = [];
  const scanUs = elapsedUs(() => {
    let startedMs = performance.now();
    while (!follower.scanOverflow(SLICE_MS)) {
      slices.push(performance.now() - startedMs);
      startedMs = performance.now();
    }
  });
  const longest = Math.max(...slices).toFixed(1);
  console.log(
    `  owners of the overflow pages: ${(scanUs / 1000).toFixed(0)} ms in ${slices.length} slices, the longest ${longest} ms (wall)`,
  );
  const bytes = follower.counters().mapBytes;
  check('memory', bytes <= MAX_BYTES_PER_MILLION * Math.max(millions, 0.1), `${(bytes / 1e6).toFixed(2)} MB`);

  const idle = Array.from({ length: 400 }, () => elapsedUs(() => times(500, () => follower.look())) / 500);
  check('idle look', median(idle) <= MAX_IDLE_US, `${median(idle).toFixed(2)} µs`);

  const receipt = writer.prepare('UPDATE message SET date_read = date_read + 1, is_read = 1 WHERE ROWID = ?');
  const edit = writer.prepare('UPDATE message SET attributedBody = randomblob(?) WHERE ROWID = ?');
  const random = () => 1 + Math.floor(Math.random() * rows);
  const receipts = looks(follower, () => receipt.run(random()));
  check('look at a receipt', receipts.median <= MAX_RECEIPT_US, describe(receipts));
  console.log(
    `  look at an edit: ${describe(looks(follower, () => edit.run(300 + Math.floor(Math.random() * 300), random())))}`,
  );
  const insert = writer.prepare(
    `INSERT INTO message (guid, attributedBody, service, date) VALUES (hex(randomblob(16)), randomblob(500), 'iMessage', ?)`,
  );
  console.log(`  look at a new row: ${describe(looks(follower, () => insert.run(Date.now())))}`);
  const many = writer.transaction(() => times(50_000, () => insert.run(Date.now())));
  many();
  const large = elapsedUs(() => console.log(`  50,000 rows in one transaction: ${told(follower)}`));
  console.log(`  look at that: ${(large / 1000).toFixed(0)} ms`);
  const { lost, resets } = follower.counters();
  check('nothing was lost', lost === 0, `${lost} losses, ${resets.proved} resets proved`);
  reader.close();
  writer.close();
  return receipts.median;
}

function followed(reader: Database.Database, path: string): WalFollower {
  const roots = reader
    .prepare<[], [string, number]>("SELECT name, rootpage FROM sqlite_schema WHERE type = 'table'")
    .raw();
  const snapshot = reader.prepare('SELECT 1 FROM sqlite_schema');
  return openWalFollower({
    databasePath: path,
    tables: TABLES,
    roots: () => new Map(roots.all()),
    schemaVersion: () => Number(reader.pragma('schema_version', { simple: true })),
    pinned: (body) =>
      reader.transaction(() => {
        snapshot.get();
        return body();
      })(),
  });
}

interface Looks {
  readonly median: number;
  readonly p99: number;
  readonly rows: number;
}

function looks(follower: WalFollower, write: () => unknown): Looks {
  const costs: number[] = [];
  let rows = 0;
  for (let index = 0; index < 600; index += 1) {
    write();
    costs.push(
      elapsedUs(() => {
        const look = follower.look();
        for (const { after, upTo } of look.state === 'changed' ? (look.tables.get('message') ?? []) : []) {
          rows += Number.isFinite(upTo - after) ? upTo - after : 0;
        }
      }),
    );
  }
  const sorted = costs.toSorted((a, b) => a - b);
  return { median: median(sorted), p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0, rows: rows / 600 };
}

function describe({ median, p99, rows }: Looks): string {
  return `${median.toFixed(0)} µs, p99 ${p99.toFixed(0)} µs, ${rows.toFixed(1)} ROWIDs named`;
}

function told(follower: WalFollower): string {
  const look = follower.look();
  return look.state === 'changed'
    ? `${look.frames} frames, ${look.tables.get('message')?.length} ranges`
    : look.state;
}

function elapsedUs(work: () => unknown): number {
  const startedMs = performance.now();
  work();
  return (performance.now() - startedMs) * 1000;
}

function times(count: number, work: () => unknown): void {
  for (let index = 0; index < count; index += 1) {
    work();
  }
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function check(name: string, isOk: boolean, detail: string): void {
  passed += isOk ? 1 : 0;
  failed += isOk ? 0 : 1;
  console.log(`  ${isOk ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
}
