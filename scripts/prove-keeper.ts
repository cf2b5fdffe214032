/**
 * Lets a storm come over a bridge on a simulated Mac: Messages quits, crashes, hangs, shows a sheet, is signed out; its
 * database is replaced, the clock leaps, the disk is full, a permission is taken away, a person quits Messages on purpose:
 * `npm run prove:keeper [-- --seed S --seeds N --faults N --only FAULT --json]`. Days pass in minutes. What must heal by
 * itself has to, what needs a person has to be named; nothing may be lost, and nothing sent twice. `--log info` or
 * `--log debug` prints what the bridge logs. Ends with `N passed, N failed`, or with a JSON document of the two.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { hasSmallDisks, onSmallDisk } from '../test/support/small-disk.ts';
import { readOptions } from './lib/options.ts';
import { FAULTS, NEEDS_SMALL_DISK } from './prove.d/keeper-faults.ts';
import { clockOf, type Breaches, type Evidence } from './prove.d/keeper-judge.ts';
import { healingTable, verdictsOf } from './prove.d/keeper-report.ts';

const PROCESS = fileURLToPath(new URL('prove.d/keeper-process.ts', import.meta.url));
/** Of the data folder, where the machine lets us have one: its filler costs as much memory. */
const DISK_BYTES = 240_000_000;

const values = readOptions({
  seed: { type: 'string', default: '1' },
  seeds: { type: 'string', default: '1' },
  faults: { type: 'string', default: '100' },
  only: { type: 'string' },
  log: { type: 'string', default: 'silent' },
  json: { type: 'boolean', default: false },
});
const [first, seeds, faults] = [Number(values.seed), Number(values.seeds), Number(values.faults)];
const names = FAULTS.map(({ name }) => name);
if (
  ![first, seeds, faults].every((value) => Number.isSafeInteger(value)) ||
  seeds < 1 ||
  faults < 1 ||
  (values.only !== undefined && !names.includes(values.only)) ||
  !['silent', 'info', 'debug'].includes(values.log)
) {
  console.error('--seed, --seeds and --faults take whole numbers, the last two from 1 on.');
  console.error(`--only takes one of: ${names.join('; ')}.`);
  console.error('--log takes silent, info or debug.');
  process.exit(2);
}

const say = (line: string) => (values.json ? undefined : console.log(line));
let passed = 0;
let failed = 0;
for (let seed = first; seed < first + seeds; seed += 1) {
  await proveSeed(seed);
}
console.log(values.json ? JSON.stringify({ passed, failed }) : `${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function proveSeed(seed: number): Promise<void> {
  const startedAt = performance.now();
  const root = mkdtempSync(join(tmpdir(), 'blueline-keeper-'));
  try {
    const [folder, home] = [join(root, 'folder'), join(root, 'home')];
    [folder, home].forEach((one) => mkdirSync(one));
    const hasSmallDisk = hasSmallDisks(home);
    say(`${faults} faults, seed ${seed}`);
    if (!hasSmallDisk) {
      say(`  left out, as this machine lets us mount no disk of our own: ${NEEDS_SMALL_DISK}`);
    }
    const code = await storm({
      seed,
      faults,
      only: values.only ?? null,
      folder,
      home,
      hasSmallDisk,
      isQuiet: values.json,
      logLevel: values.log,
    });
    const result = resultOf(join(folder, 'result.json'));
    if (result === null) {
      failed += 1;
      say(`FAIL the storm ended before it was judged, with ${code}`);
      return;
    }
    const { evidence, breaches, livedMs } = result;
    const verdicts = verdictsOf(evidence, breaches);
    say(healingTable(evidence.faults));
    for (const { name, detail, against } of verdicts) {
      passed += against.length === 0 ? 1 : 0;
      failed += against.length === 0 ? 0 : 1;
      say(`${against.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${detail}, ${against.length} against it`);
      against.slice(0, 20).forEach((one) => say(`       ${one}`));
    }
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
    say(`${clockOf(livedMs)} h of the clock in ${seconds} s`);
    if (values.json) {
      console.log(
        JSON.stringify({
          seed,
          hasSmallDisk,
          livedMs,
          seconds: Number(seconds),
          faults: evidence.faults,
          breaches,
        }),
      );
    }
  } finally {
    rmSync(root, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** In a process of its own, with its data folder on a small disk where that can be had. */
async function storm(
  job: { readonly home: string; readonly hasSmallDisk: boolean } & Readonly<Record<string, unknown>>,
): Promise<string> {
  const launcher = job.hasSmallDisk ? onSmallDisk(job.home, DISK_BYTES) : [];
  const [program, ...args] = [...launcher, process.execPath, PROCESS, JSON.stringify(job)];
  const child = spawn(program ?? process.execPath, args, { stdio: ['ignore', 'inherit', 'inherit'] });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => child.kill(signal));
  }
  const [code, signal]: unknown[] = await once(child, 'exit');
  return String(code ?? signal);
}

function resultOf(
  path: string,
): { readonly evidence: Evidence; readonly breaches: Breaches; readonly livedMs: number } | null {
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : null;
}
