/**
 * Plays weeks of traffic through the guard, the ledger, the outbox and its lane on a clock that leaps, and holds what
 * left against every limit, counted anew from the Mac's chat.db and from what `osascript` got alone:
 * `npm run prove:limits [-- --seed S --preset P --scale F --only NAME]`. `--break RULE` hands the daemon a loosened number
 * of one rule, which the checker has to find. Ends with `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { availableParallelism, tmpdir } from 'node:os';
import { readOptions } from './lib/options.ts';
import { runJob, type Job } from './prove.d/limits-job.ts';
import { SHARE, type Proof } from './prove.d/limits-prove.ts';
import { BREAKS, isBreakable } from './prove.d/limits-breaks.ts';
import { hasObjected, MET } from './prove.d/limits-crowded.ts';
import { limitsReport } from './prove.d/limits-report.ts';
import { scenarios } from './prove.d/limits-scenarios.ts';
import { isPreset, TABLE } from './prove.d/limits-table.ts';

const values = readOptions({
  seed: { type: 'string', default: '1' },
  preset: { type: 'string', default: 'balanced' },
  scale: { type: 'string', default: '1' },
  only: { type: 'string' },
  break: { type: 'string' },
});
const seed = Number(values.seed);
const scale = Number(values.scale);
const presets = values.preset === 'all' ? Object.keys(TABLE) : values.preset.split(',');
if (!Number.isSafeInteger(seed) || !(scale > 0 && scale <= 1) || !presets.every(isPreset)) {
  console.error(
    `--seed takes a whole number, --scale a number up to 1, --preset one of ${Object.keys(TABLE).join(', ')} or all.`,
  );
  process.exit(2);
}

const broken = values.break ?? null;
if (broken !== null && !isBreakable(broken)) {
  console.error(`--break takes one of ${Object.keys(BREAKS).join(', ')}.`);
  process.exit(2);
}

const startedAt = performance.now();
const folder = mkdtempSync(join(tmpdir(), 'blueline-limits-'));
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}
let passed = 0;
let failed = 0;
const check = (name: string, isOk: boolean, detail: string, against: readonly string[] = []) => {
  passed += isOk ? 1 : 0;
  failed += isOk ? 0 : 1;
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
  for (const one of against.slice(0, 10)) {
    console.log(`       ${one}`);
  }
};
const report = limitsReport();
const progress = progressLine();
const jobs: { readonly title: string; readonly job: Job; readonly judge: (found: Proof) => void }[] = [];
const objections: string[] = [];
for (const preset of presets.filter(isPreset)) {
  for (const { name } of scenarios(scale)) {
    if (values.only === undefined || name.includes(values.only)) {
      const title = `${name} (${preset})`;
      jobs.push({
        title,
        job: {
          folder: join(folder, preset),
          seed,
          broken,
          play: { kind: 'scenario', name, scale, preset },
        },
        judge: (found) => judgePlay(title, found),
      });
    }
  }
}
if (values.only === undefined || values.only === 'crowded') {
  for (const rule of [null, ...MET]) {
    jobs.push({
      title: `crowded days, ${rule ?? 'nothing'} loosened`,
      job: { folder: join(folder, rule ?? 'whole'), seed, broken: rule, play: { kind: 'crowded' } },
      judge: (found) => judgeCrowded(rule, found),
    });
  }
}

try {
  // Each play has a process; as many run as there are cores. The longest is the first of the list.
  const left = jobs.values();
  await Promise.all(
    Array.from({ length: availableParallelism() }, async () => {
      for (const { title, job, judge } of left) {
        const found = await runJob(job, (share) => progress.show(title, share));
        progress.clear(title);
        judge(found);
      }
    }),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
if (jobs.some(({ job }) => job.play.kind === 'crowded')) {
  check(
    'the checker finds what a loosened rule lets through',
    objections.length === 0,
    `${MET.length - objections.length} of ${MET.length} rules`,
    objections,
  );
}
console.log(report.text());
console.log(`${((performance.now() - startedAt) / 1000).toFixed(0)} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function judgePlay(title: string, found: Proof): void {
  report.add(title, found);
  check(
    `${title}: no window was passed`,
    found.breaches.length === 0 && found.lost === 0,
    `${found.sent} sends of ours, ${found.breaches.length} breaches, ${found.lost} calls without a row`,
    found.breaches.map(({ rule, at, contact }) => `${rule} at ${new Date(at).toISOString()}, to ${contact}`),
  );
  check(
    `${title}: no answer was held without need`,
    found.held.length === 0,
    `${found.replies} answers asked for, ${found.held.length} held`,
    found.held.map(({ why, at, contact }) => `${why} at ${new Date(at).toISOString()}, to ${contact}`),
  );
  check(
    `${title}: what was allowed has gone out`,
    found.sent >= SHARE * found.greedy,
    `${found.sent} of ${found.greedy} that a greedy schedule sends, ${((100 * found.sent) / Math.max(1, found.greedy)).toFixed(1)} %`,
  );
}

/** A short play that meets every limit: without fault as it is, and found fault with for each rule that is loosened. */
function judgeCrowded(rule: (typeof MET)[number] | null, found: Proof): void {
  if (rule !== null) {
    if (!hasObjected(found, rule)) {
      objections.push(`nothing was found against a daemon whose ${rule} is loosened`);
    }
    return;
  }
  check(
    'crowded days: no window was passed, no answer held',
    found.breaches.length === 0 && found.held.length === 0,
    `${found.sent} sends of ours, ${found.breaches.length} breaches, ${found.held.length} answers held`,
    [...found.breaches, ...found.held].map((one) => JSON.stringify(one)),
  );
}

/** On a terminal: which plays run, and how far they are. */
function progressLine(): { show: (title: string, share: number) => void; clear: (title: string) => void } {
  const isShown = process.stdout.isTTY;
  const running = new Map<string, number>();
  const write = () => {
    if (isShown) {
      const text = [...running].map(([title, share]) => `${title} ${Math.floor(share * 100)} %`).join(', ');
      process.stdout.write(`\r\u001B[K${text === '' ? '' : `  ${text}`}`);
    }
  };
  return {
    show: (title, share) => {
      running.set(title, share);
      write();
    },
    clear: (title) => {
      running.delete(title);
      write();
    },
  };
}
