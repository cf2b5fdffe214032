/**
 * Throws a storm of changes at the real daemon and judges its journal:
 * `npm run prove:capture [-- --seed S --seeds N --changes N --rows N --mode wal|scan --near]`. A writer in a process of
 * its own changes rows of every age while daemon, reader and writer are killed and stopped, the WAL is checkpointed,
 * cut and made anew, the file is replaced and the clock is moved. A model that shares no code with the capture says
 * what the journal may hold. `--catalogue` shows each kind of change by itself, with its times. Ends with
 * `N passed, N failed`.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { compareWithDatabase } from './prove.d/capture-final.ts';
import type { Mode } from './prove.d/capture-daemon.ts';
import { runRounds } from './prove.d/capture-rounds.ts';
import { Storm } from './prove.d/capture-storm.ts';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    seeds: { type: 'string', default: '2' },
    changes: { type: 'string', default: '100000' },
    rows: { type: 'string', default: '200000' },
    mode: { type: 'string', default: 'auto' },
    near: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
  },
});
const [seed, seeds, changes, rows] = [values.seed, values.seeds, values.changes, values.rows].map(Number);
const mode = (['auto', 'wal', 'scan'] as const).find((known) => known === values.mode);
if (
  mode === undefined ||
  seed === undefined ||
  !Number.isSafeInteger(seed) ||
  seeds === undefined ||
  !Number.isSafeInteger(seeds) ||
  changes === undefined ||
  !(changes >= 1) ||
  rows === undefined ||
  !(rows >= 10_000)
) {
  console.error(
    '--seed and --seeds take whole numbers, --changes one from 1 on, --rows one from 10000 on, --mode wal or scan.',
  );
  process.exit(2);
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
for (let index = 0; index < seeds; index += 1) {
  await oneSeed(seed + index, { changes, rows, mode });
}
console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function oneSeed(
  seed: number,
  options: { readonly changes: number; readonly rows: number; readonly mode: Mode },
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-prove-'));
  mkdirSync(folder, { recursive: true });
  const isNear = values.near;
  console.log(
    `seed ${seed}: ${options.changes} changes on ${options.rows} rows${isNear ? ', the newest rows only' : ''}`,
  );
  const begun = performance.now();
  const storm = await Storm.begin({ folder, seed, rows: options.rows, mode: options.mode, isNear });
  const health = await storm.daemon.health();
  console.log(
    `  mode ${health.capture?.mode ?? 'unknown'}, following after ${((performance.now() - begun) / 1000).toFixed(1)} s`,
  );
  try {
    const result = await runRounds(storm, {
      changes: options.changes,
      isNear,
      say: (line) => console.log(line),
    });
    const { ledger } = storm;
    const { findings, orders } = ledger;
    const seconds = (performance.now() - begun) / 1000;
    console.log(
      `  ${ledger.changes} changes, ${ledger.events} events, ${result.rounds} rounds in ${seconds.toFixed(0)} s; ` +
        `daemon started ${storm.starts} times, writer killed ${storm.writerDeaths} times`,
    );
    console.log(`  ${[...result.faults].map(([name, count]) => `${name} ${count}`).join(', ')}`);
    for (const fault of [
      'lost',
      'told late',
      'doubled',
      'invented',
      'wrong content',
      'out of order',
    ] as const) {
      const count = findings.count(fault);
      check(
        `seed ${seed}, ${fault}`,
        findings.examples.get(fault) ?? [],
        `${count} of ${ledger.changes} changes`,
      );
    }
    check(`seed ${seed}, order within a chat`, orders.wrong, `${orders.wrong.length} pairs of new rows`);
    check(`seed ${seed}, nothing of strangers`, ledger.strangers, `${ledger.strangers.length} events`);
    check(`seed ${seed}, sequences without a hole`, storm.holes, `${ledger.head} events`);
    check(
      `seed ${seed}, all told`,
      ledger.openRows === 0 ? [] : ['rows that were never completed or never told'],
      `${ledger.openRows} rows left over`,
    );
    const { compared, wrong } = compareWithDatabase(storm.database, ledger.rows.values());
    check(
      `seed ${seed}, what a client believes is what the database says`,
      wrong,
      `${wrong.length} of ${compared} rows`,
    );
    if (!isNear) {
      check(
        `seed ${seed}, a replaced file is said`,
        result.gapsTold === result.replaced ? [] : ['no bridge.gap'],
        `${result.gapsTold} of ${result.replaced}`,
      );
    }
    if (!result.wasDeaf) {
      console.log('  file events could not be suppressed: that takes strace');
    }
  } finally {
    await storm.end();
    if (values.keep) {
      console.log(`  kept: ${folder}`);
    } else {
      rmSync(folder, { recursive: true, force: true });
    }
  }
}
