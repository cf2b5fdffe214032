/**
 * Throws a storm of changes at the real daemon and judges its journal:
 * `npm run prove:capture [-- --seed S --seeds N --changes N --rows N --mode wal|scan --near]`. A writer in a process of
 * its own changes rows of every age while daemon, reader and writer are killed and stopped, the WAL is checkpointed,
 * cut and made anew, the file is replaced and the clock is moved. A model that shares no code with the capture says
 * what the journal may hold. `--near` changes only what a watch on the newest rows can see. `--catalogue [--times N]`
 * shows each kind of change by itself instead, with its times. `--keep` leaves the data folders, and says where they are.
 * Ends with `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './lib/options.ts';
import { median, runCatalogue, type Column } from './prove.d/capture-catalogue.ts';
import { compareWithDatabase } from './prove.d/capture-final.ts';
import { FAULTS } from './prove.d/capture-judge.ts';
import { runRounds } from './prove.d/capture-rounds.ts';
import { Storm } from './prove.d/capture-storm.ts';

/** Far rows may take this factor of near ones and so many ms more: the clock here ticks in milliseconds. */
const FAR_FACTOR = 1.5;
const FAR_MS = 1;

const values = readOptions({
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '2' },
  changes: { type: 'string', default: '100000' },
  rows: { type: 'string', default: '200000' },
  mode: { type: 'string', default: 'auto' },
  near: { type: 'boolean', default: false },
  catalogue: { type: 'boolean', default: false },
  times: { type: 'string', default: '10' },
  keep: { type: 'boolean', default: false },
});
const wholeNumber = (name: 'seed' | 'seeds' | 'changes' | 'rows' | 'times', least: number): number => {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < least) {
    console.error(`--${name} takes a whole number from ${least} on.`);
    process.exit(2);
  }
  return value;
};
const seed = wholeNumber('seed', 0);
const seeds = wholeNumber('seeds', 1);
const changes = wholeNumber('changes', 1);
const rows = wholeNumber('rows', 10_000);
const times = wholeNumber('times', 1);
const isNear = values.near;
const mode = (['auto', 'wal', 'scan'] as const).find((known) => known === values.mode);
if (mode === undefined) {
  console.error('--mode takes auto, wal or scan.');
  process.exit(2);
}
// Whatever ends this process ends the daemon as well.
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => process.exit(1));
}

let passed = 0;
let failed = 0;
const check = (name: string, wrong: readonly string[], detail: string) => {
  const isOk = wrong.length === 0;
  passed += isOk ? 1 : 0;
  failed += isOk ? 0 : 1;
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  for (const finding of wrong.slice(0, 8)) {
    console.log(`       ${finding}`);
  }
};

const startedAt = performance.now();
if (values.catalogue) {
  await withStorm(seed, catalogue);
} else {
  for (let index = 0; index < seeds; index += 1) {
    await withStorm(seed + index, weather);
  }
}
console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function withStorm(
  number: number,
  run: (storm: Storm, number: number) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-prove-'));
  const remove = () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  if (!values.keep) {
    process.once('exit', remove);
  }
  const begun = performance.now();
  const storm = await Storm.begin({ folder, seed: number, rows, mode: mode ?? 'auto', isNear });
  const { capture } = await storm.daemon.health();
  console.log(
    `seed ${number}: ${rows} rows${isNear ? ', the newest only' : ''}, mode ${capture?.mode ?? 'unknown'}, ` +
      `made and followed after ${((performance.now() - begun) / 1000).toFixed(1)} s`,
  );
  try {
    await run(storm, number);
  } finally {
    await storm.end();
    if (values.keep) {
      console.log(`  kept: ${folder}`);
    } else {
      remove();
    }
  }
}

async function weather(storm: Storm, number: number): Promise<void> {
  const begun = performance.now();
  const result = await runRounds(storm, { changes, isNear, say: (line) => console.log(line) });
  const { ledger } = storm;
  const { findings, orders, strangers } = ledger;
  console.log(
    `  ${ledger.changes} changes, ${ledger.events} events, ${result.rounds} rounds in ` +
      `${((performance.now() - begun) / 1000).toFixed(0)} s; daemon started ${storm.starts} times, ` +
      `writer killed ${storm.writerDeaths} times`,
  );
  console.log(`  ${[...result.faults].map(([name, count]) => `${name} ${count}`).join(', ')}`);
  if (storm.spared.length > 0) {
    console.log(`  not done, as a stopped reader held the WAL open: ${storm.spared.join(', ')}`);
  }
  if (!result.wasDeaf) {
    console.log('  file events were not suppressed: that takes strace');
  }
  for (const fault of FAULTS) {
    const detail = `${findings.count(fault)} of ${ledger.changes} changes`;
    check(`seed ${number}, ${fault}`, findings.examples.get(fault) ?? [], detail);
  }
  check(`seed ${number}, order within a chat`, orders.wrong, `${orders.wrong.length} pairs of new rows`);
  check(`seed ${number}, nothing of strangers`, strangers, `${strangers.length} events`);
  check(`seed ${number}, sequences without a hole`, storm.holes, `${ledger.head} events`);
  const left = ledger.openRows === 0 ? [] : ['rows that were never completed, or never told'];
  check(`seed ${number}, all told`, left, `${ledger.openRows} rows left over`);
  const { compared, wrong } = compareWithDatabase(storm.database, ledger.rows.values());
  check(`seed ${number}, the journal adds up to the database`, wrong, `${wrong.length} of ${compared} rows`);
  // A copy of itself is the same database: nothing is missing, so that nothing must be said to be.
  const gaps = ledger.gaps.map(() => 'bridge.gap');
  check(`seed ${number}, no gap where none is`, gaps, `${result.replaced} replacements by a copy`);
}

async function catalogue(storm: Storm): Promise<void> {
  const lines = await runCatalogue(storm, times);
  const cell = (column: Column | null) => {
    if (column === null) {
      return '';
    }
    const { seen, wanted, ms } = column;
    const figures = ms.length === 0 ? ['-', '-'] : [median(ms).toFixed(1), Math.max(...ms).toFixed(1)];
    return [`${seen}/${wanted}`, ...figures].map((text) => text.padStart(8)).join(' ');
  };
  console.log(
    `  ${'change'.padEnd(30)} ${'expected, once'.padEnd(26)} ${'seen'.padStart(8)} ${'ms'.padStart(8)} ${'most'.padStart(8)}` +
      `   ${'old'.padStart(8)} ${'ms'.padStart(8)} ${'most'.padStart(8)}`,
  );
  for (const { kind, expected, near, far } of lines) {
    console.log(`  ${kind.padEnd(30)} ${expected.padEnd(26)} ${cell(near)}   ${cell(far)}`);
  }
  for (const { kind, near, far } of lines) {
    const columns = [near, ...(far === null ? [] : [far])];
    const wrong = columns.filter((column) => column.seen < column.wanted);
    const detail = columns.map((column) => `${column.seen} of ${column.wanted}`).join(', of years ago ');
    check(kind, wrong.length === 0 ? [] : storm.ledger.findings.of(kind), detail);
  }
  const changed = lines.filter((line) => line.far !== null);
  const nearMs = median(changed.flatMap((line) => line.near.ms));
  const farMs = median(changed.flatMap((line) => line.far?.ms ?? []));
  const isAsFast = farMs <= FAR_FACTOR * nearMs + FAR_MS;
  const figures = `${nearMs.toFixed(1)} ms on near rows, ${farMs.toFixed(1)} ms on rows of years ago (medians)`;
  check('far back as fast as near', isAsFast ? [] : ['slower'], figures);
}
