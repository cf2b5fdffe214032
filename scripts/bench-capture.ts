/**
 * How soon and at what cost a change of chat.db is known, against the floor (SQLite, `fs.watch` and the ladder of looks,
 * and nothing else) on the same file: `npm run bench:capture [-- --sizes 10000,100000,1000000] [--quick] [--forget]`.
 *
 * The daemon runs as launchd starts it, in processes of its own; the writer and all who measure are other processes. The
 * writer stamps each change just before its COMMIT, on the clock that all processes share. A probe reads the daemon's
 * store to say when the event stood in the journal, and a WebSocket client says when it came in. The daemon runs on a copy
 * of Node of its own: memory that it shared with the measuring processes would be counted in part only.
 *
 * Beside the floor stands a skeleton: the daemon's two processes, its commit, its flush and its WebSocket, with nothing in
 * them. It tells how much of a figure is the build, and how much is what the daemon does.
 *
 * Ends with `N passed, N failed`. Needs Linux, for CPU time and memory are read from /proc.
 */
import { chmodSync, copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { linesOfGrowth, linesOfSize, type Line } from './bench.d/capture-bars.ts';
import { forgetHistories } from './bench.d/capture-history.ts';
import { measureSize, type Effort, type SizeFigures } from './bench.d/capture-size.ts';
import { readOptions } from './lib/options.ts';

const FULL: Effort = {
  newRows: 150,
  changes: 50,
  loadSeconds: 20,
  idleSeconds: 8,
  floorLoadSeconds: 6,
  floorIdleSeconds: 2,
  walSeconds: 7,
  isolated: 1_000,
};
const QUICK: Effort = {
  newRows: 60,
  changes: 30,
  loadSeconds: 5,
  idleSeconds: 5,
  floorLoadSeconds: 5,
  floorIdleSeconds: 2,
  walSeconds: 5,
  isolated: 100,
};

/** Of two cores, one is for the writer and those who measure. */
const BUSY_LOAD = 1;

const values = readOptions({
  sizes: { type: 'string' },
  /** Fewer samples, on the smallest database alone: to try something out. */
  quick: { type: 'boolean', default: false },
  /** Removes the generated databases, which are otherwise kept for the next run. */
  forget: { type: 'boolean', default: false },
});

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1));
}

if (values.forget) {
  forgetHistories();
} else if (!existsSync('/proc/self/smaps_rollup')) {
  console.error('This needs Linux: CPU time and memory are read from /proc.');
  process.exitCode = 2;
} else {
  const sizes = (values.sizes ?? (values.quick ? '10000' : '10000,100000,1000000')).split(',').map(Number);
  if (sizes.some((size) => !Number.isSafeInteger(size) || size < 10_000)) {
    console.error('--sizes takes whole numbers from 10000 on, with commas between.');
    process.exitCode = 2;
  } else {
    await run(
      sizes.toSorted((a, b) => a - b),
      values.quick ? QUICK : FULL,
    );
  }
}

async function run(sizes: readonly number[], effort: Effort): Promise<void> {
  const [load = 0] = loadavg();
  if (load > BUSY_LOAD) {
    console.log(`The machine is busy (load average ${load.toFixed(1)}): times will be too long.`);
  }
  const folder = mkdtempSync(join(tmpdir(), 'blueline-bench-run-'));
  const tables: (readonly [title: string, lines: readonly Line[]])[] = [];
  const figures: SizeFigures[] = [];
  try {
    const node = join(folder, 'node');
    copyFileSync(process.execPath, node);
    const osascript = join(folder, 'osascript');
    writeFileSync(osascript, '#!/bin/sh\ncat > /dev/null\necho "running: true"\n');
    chmodSync(osascript, 0o755);
    for (const size of sizes) {
      const startedAt = performance.now();
      const withPromises = size === sizes.at(-1);
      const one = await measureSize(size, { folder, osascript, node, effort, withPromises });
      rmSync(join(folder, String(size)), { recursive: true });
      figures.push(one);
      tables.push([`${grouped(size)} messages`, linesOfSize(one)]);
      console.log(
        `${grouped(size)} messages measured in ${((performance.now() - startedAt) / 1000).toFixed(0)} s`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const [small, large] = [figures[0], figures.at(-1)];
  if (small !== undefined && large !== undefined && small !== large) {
    tables.push([`${grouped(large.size)} against ${grouped(small.size)}`, linesOfGrowth(small, large)]);
  }
  for (const [title, lines] of tables) {
    print(title, lines);
  }
  const judged = tables.flatMap(([, lines]) => lines.filter(({ isOk }) => isOk !== null));
  const failed = judged.filter(({ isOk }) => isOk === false).length;
  console.log(`${judged.length - failed} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}

function print(title: string, lines: readonly Line[]): void {
  console.log(`\n${title}`);
  const row = (cells: readonly [string, string, string, string, string, string]) =>
    cells
      .map((cell, index) => cell.padEnd([46, 24, 12, 8, 12, 0][index] ?? 0))
      .join(' ')
      .trimEnd();
  console.log(row(['', 'figure', 'floor', 'ratio', 'bar', '']));
  for (const { name, figure, floor, ratio, bar, isOk } of lines) {
    console.log(row([name, figure, floor, ratio, bar, isOk === null ? '' : isOk ? 'ok' : 'FAIL']));
  }
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
