/**
 * How fast a history is exported, against plainly selecting the same columns of the same rows:
 * `npm run bench:read [-- --rows 100000,1000000]`. Every measurement is a process of its own; export and floor take
 * turns, and the best of three rounds counts for each; the memory that counts is the most of all rounds, the one without
 * compiled code included. Ends with `N passed, N failed`.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generateHistory } from '../src/simulator/index.ts';
import { countExported, measureExport, measureFloor, type Measurement } from './bench.d/measure.ts';
import { readOptions } from './lib/options.ts';

const BAR = 0.5;
/** The smallest size at which the ratio is judged. */
const JUDGED_FROM = 1_000_000;
const MAX_PEAK_BYTES = 200e6;
/** "Flat": ten times the rows may not take more than this beyond the noise of a collector. */
const MAX_GROWTH_BYTES = 40e6;
const ROUNDS = 3;
const FOLDER = join(tmpdir(), 'blueline-bench');
const SIMULATOR = new URL('../src/simulator/', import.meta.url);

const values = readOptions({ rows: { type: 'string', default: '100000,1000000' } });

// The launcher would set up if it had to, and that is no part of an export.
execFileSync(fileURLToPath(new URL('setup', import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit'] });
await compare(values.rows.split(',').map(Number));

async function compare(sizes: readonly number[]): Promise<void> {
  if (sizes.some((size) => !Number.isSafeInteger(size) || size < 1000)) {
    console.error('--rows takes whole numbers from 1000 on, with commas between.');
    process.exitCode = 2;
    return;
  }
  let passed = 0;
  let failed = 0;
  const check = (name: string, isOk: boolean, detail: string) => {
    passed += isOk ? 1 : 0;
    failed += isOk ? 0 : 1;
    console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  };
  const peaks: number[] = [];
  for (const size of sizes.toSorted((a, b) => a - b)) {
    const database = history(size);
    const exports: Measurement[] = [];
    const floors: Measurement[] = [];
    const cold = await measureExport(database, 'cold');
    for (let round = 0; round < ROUNDS; round += 1) {
      floors.push(await measureFloor(database));
      // A plain reader leaves these behind; a database that was copied from a Mac has neither.
      for (const suffix of ['-wal', '-shm']) {
        rmSync(`${database}${suffix}`, { force: true });
      }
      exports.push(await measureExport(database));
    }
    const [own, floor] = [rate(size, exports), rate(size, floors)];
    const peak = Math.max(...[cold, ...exports].map((one) => one.peakBytes));
    peaks.push(peak);
    const rows = await countExported(database, FOLDER);
    console.log(
      `${grouped(size)} messages, ${megabytes(statSync(database).size)}: export ${grouped(own)}/s, floor ${grouped(floor)}/s, ` +
        `ratio ${(own / floor).toFixed(2)}, peak ${megabytes(peak)} (without compiled code ${megabytes(cold.peakBytes)})`,
    );
    check(`every row of ${grouped(size)} is exported`, rows === size, `${grouped(rows)} messages`);
    // Below that, the start of the process weighs as much as the work.
    if (size >= JUDGED_FROM) {
      check(
        `ratio at ${grouped(size)}`,
        own / floor >= BAR,
        `${(own / floor).toFixed(2)}, at least ${BAR} is wanted`,
      );
    }
    check(
      `memory at ${grouped(size)}`,
      peak < MAX_PEAK_BYTES,
      `${megabytes(peak)}, under ${megabytes(MAX_PEAK_BYTES)} is wanted`,
    );
  }
  const growth = Math.max(...peaks) - (peaks[0] ?? 0);
  if (peaks.length > 1) {
    check('memory is flat', growth < MAX_GROWTH_BYTES, `${megabytes(growth)} more than for the smallest`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** The same history each time; made once and kept with the system's temporary files. */
function history(size: number): string {
  // What the simulator writes decides what is in it.
  const version = Math.max(
    ...readdirSync(SIMULATOR).map((name) => Math.floor(statSync(new URL(name, SIMULATOR)).mtimeMs)),
  );
  const path = join(FOLDER, `history-${size}-${version}.db`);
  if (!existsSync(path)) {
    mkdirSync(FOLDER, { recursive: true });
    const draft = `${path}.${process.pid}`;
    const startedAt = performance.now();
    generateHistory(draft, { messages: size });
    renameSync(draft, path);
    console.log(
      `made a history of ${grouped(size)} messages in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
    );
  }
  return path;
}

function rate(rows: number, measurements: readonly Measurement[]): number {
  return Math.max(...measurements.map(({ ms }) => (rows * 1000) / ms));
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
