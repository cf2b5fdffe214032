/**
 * What a verdict costs: `npm run bench:guard [-- --messages 10000,1000000 --contacts 50000]`. Fills a ledger of each
 * size from a made-up history, then asks about replies, reach-outs and strangers in turn, with a message counted
 * between. Ends with `N passed, N failed`.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { createGuard, loadTimeZones, resolveLimits, type Guard } from '../src/deliverability/index.ts';
import { handle } from '../src/domain/index.ts';
import { createLogger, ManualClock } from '../src/runtime/index.ts';
import { openStore, type Store } from '../src/store/index.ts';
import { END, historyOf, messageAt, sendTo } from './bench.d/guard-history.ts';

const MAX_MEDIAN_MS = 1;
const MAX_GROWTH = 1.5;
const MAX_START_MS = 1_000;
/** A slice of history that takes longer would be felt by whoever asks for the health meanwhile. */
const MAX_STALL_MS = 250;
const ROUNDS = 3_000;

const { values } = parseArgs({
  options: {
    messages: { type: 'string', default: '10000,1000000' },
    contacts: { type: 'string', default: '50000' },
  },
});

const sizes = values.messages
  .split(',')
  .map(Number)
  .toSorted((a, b) => a - b);
const mostContacts = Number(values.contacts);
let passed = 0;
let failed = 0;
const check = (name: string, isOk: boolean, detail: string) => {
  passed += isOk ? 1 : 0;
  failed += isOk ? 0 : 1;
  console.log(`${isOk ? 'ok  ' : 'FAIL'} ${name}: ${detail}`);
};
const medians: number[] = [];
for (const size of sizes) {
  medians.push(await measure(size));
}
const growth = (medians.at(-1) ?? 0) / (medians[0] ?? 1);
if (sizes.length > 1) {
  check(
    'growth',
    growth <= MAX_GROWTH,
    `the largest ledger costs ${growth.toFixed(2)} times the smallest, ${MAX_GROWTH} is allowed`,
  );
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

async function measure(size: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-bench-guard-'));
  const contacts = Math.max(10, Math.round((mostContacts * size) / (sizes.at(-1) ?? size)));
  const store = openStore(folder);
  try {
    await seed(store, size, contacts);
    const startedAt = performance.now();
    const guard = open(store, size, contacts);
    guard.review();
    guard.judge(sendTo(0, contacts), END, 'start');
    const startMs = performance.now() - startedAt;
    const times = ask(store, guard, contacts);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    const p99 = times[Math.floor(times.length * 0.99)] ?? 0;
    console.log(
      `${grouped(size)} messages, ${grouped(contacts)} contacts, ${(statSync(join(folder, 'blueline.db')).size / 1e6).toFixed(0)} MB: ` +
        `median ${median.toFixed(3)} ms, p99 ${p99.toFixed(3)} ms, start ${startMs.toFixed(0)} ms`,
    );
    check(`verdict at ${grouped(size)}`, median < MAX_MEDIAN_MS, `${median.toFixed(3)} ms`);
    check(`start at ${grouped(size)}`, startMs < MAX_START_MS, `${startMs.toFixed(0)} ms`);
    return median;
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

async function seed(store: Store, size: number, contacts: number): Promise<void> {
  const guard = open(store, size, contacts);
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  stalls.enable();
  const startedAt = performance.now();
  guard.start();
  while (guard.seeding().phase !== 'done') {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  stalls.disable();
  await guard.stop();
  const seconds = (performance.now() - startedAt) / 1000;
  const stall = stalls.percentile(99) / 1e6;
  console.log(
    `${grouped(size)} messages read in ${seconds.toFixed(1)} s, ${grouped(size / seconds)}/s, others waited ${stall.toFixed(0)} ms (p99)`,
  );
  check(`seeding at ${grouped(size)} lets others in`, stall < MAX_STALL_MS, `${stall.toFixed(0)} ms`);
}

function open(store: Store, size: number, contacts: number): Guard {
  const limits = resolveLimits('balanced', {});
  return createGuard({
    store,
    clock: new ManualClock(END),
    log: createLogger('silent'),
    limits: () => limits,
    write: (work) => store.transaction(() => work(() => undefined)),
    line: () => handle('+12125559999'),
    lineTimeZone: null,
    zones: loadTimeZones(),
    history: historyOf(size, contacts),
  });
}

/** Times of single verdicts in ms, ascending. */
function ask(store: Store, guard: Guard, contacts: number): number[] {
  const times: number[] = [];
  for (let n = 0; n < ROUNDS; n += 1) {
    const send = sendTo(n, contacts);
    const startedAt = performance.now();
    guard.judge(send, END, n % 2 === 0 ? 'accept' : 'start');
    times.push(performance.now() - startedAt);
    if (n % 10 === 0) {
      store.transaction(() =>
        guard.project(
          {
            type: 'message.received',
            message: messageAt(-1 - n, END - n, contacts),
            origin: null,
            isLate: false,
          },
          () => undefined,
        ),
      );
    }
  }
  return times.toSorted((a, b) => a - b);
}

function grouped(value: number): string {
  return Math.round(value).toLocaleString('en-US');
}
