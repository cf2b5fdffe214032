/**
 * Sends texts through simulated Macs in a storm of everything that can go wrong, and holds what the daemon says of
 * each against what its recipients were shown:
 * `npm run prove:sends [-- --seed S --commands N --bridges N --only FAILURE]`. Several bridges run at once, each a daemon
 * and a simulated Mac of its own. `--only` takes how the names of the failures begin that are to be dealt. Ends with
 * `N passed, N failed`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readOptions } from './lib/options.ts';
import { seededRandom } from './prove.d/random.ts';
import { proveBridge, type Group } from './prove.d/sends-bridge.ts';
import { dealFailures, FAILURE_NAMES, planOrders } from './prove.d/sends-plan.ts';
import { sendsTable, unknownCauses } from './prove.d/sends-table.ts';
import { judge, mergeBreaches } from './prove.d/sends-truth.ts';

const values = readOptions({
  seed: { type: 'string', default: '1' },
  commands: { type: 'string', default: '1000' },
  bridges: { type: 'string', default: '6' },
  only: { type: 'string' },
});
const seed = Number(values.seed);
const wanted = Number(values.commands);
const bridges = Number(values.bridges);
if (
  ![seed, wanted, bridges].every((value) => Number.isSafeInteger(value)) ||
  bridges < 1 ||
  wanted < bridges
) {
  console.error(
    '--seed, --commands and --bridges take whole numbers; there is at least one command to a bridge.',
  );
  process.exit(2);
}

const startedAt = performance.now();
const seconds = () => ((performance.now() - startedAt) / 1000).toFixed(0);
const folder = mkdtempSync(join(tmpdir(), 'blueline-sends-'));
const failures = dealFailures(wanted, seededRandom(seed), values.only ?? null);
const plans = Array.from({ length: bridges }, (_, bridge) => planBridge(bridge));
const total = plans.reduce((sum, { orders }) => sum + orders.length, 0);
console.log(`${total} commands over ${bridges} bridges, seed ${seed}`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  });
}
let settled = 0;
const progress = setInterval(() => console.log(`  ${settled} of ${total} after ${seconds()} s`), 15_000);
const runs = await Promise.allSettled(
  plans.map((plan) =>
    proveBridge({
      ...plan,
      onSettled: () => {
        settled += 1;
      },
    }),
  ),
).finally(() => {
  clearInterval(progress);
  rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
});
const outcomes = runs.flatMap((run) => (run.status === 'fulfilled' ? [run.value] : []));
const broken = runs.flatMap((run) => (run.status === 'rejected' ? [String(run.reason)] : []));

const verdicts = outcomes.map((outcome) => judge(outcome));
const findings = verdicts.flatMap((verdict) => verdict.findings);
const breaches = mergeBreaches(verdicts.map((verdict) => verdict.breaches));
console.log(sendsTable(findings));
for (const cause of unknownCauses(findings)) {
  console.log(`  unknown, ${cause}`);
}
const blows = Map.groupBy(
  outcomes.flatMap((outcome) => outcome.blows),
  ({ what }) => what,
);
console.log(`  ${[...blows].map(([what, struck]) => `${what} ${struck.length}`).join(', ')}`);

let passed = 0;
let failed = 0;
const check = (name: string, found: readonly string[], detail: string) => {
  passed += found.length === 0 ? 1 : 0;
  failed += found.length === 0 ? 0 : 1;
  console.log(`${found.length === 0 ? 'ok  ' : 'FAIL'} ${name}: ${detail}, ${found.length} against it`);
  for (const one of found.slice(0, 20)) {
    console.log(`       ${one}`);
  }
};
const count = (isOne: (finding: (typeof findings)[number]) => boolean) => findings.filter(isOne).length;
check('nothing is received twice', breaches.twice, `${count(({ received }) => received !== 'not')} received`);
check('nothing is begun twice', breaches.begunTwice, `${findings.length} commands`);
check(
  'what is called sent or delivered was received',
  breaches.falselySent,
  `${count(({ state }) => ['sent', 'delivered', 'read'].includes(state))} called so`,
);
check(
  'what is called failed was not received',
  breaches.falselyFailed,
  `${count(({ state }) => state === 'failed')} called so`,
);
check(
  'what met nothing is delivered',
  breaches.undelivered,
  `${count(({ isMetByNothing }) => isMetByNothing)} commands`,
);
check(
  'unknown is only what left no row, and has its cause',
  breaches.unknown,
  `${count(({ state }) => state === 'unknown')} unknown`,
);
check('nothing is left open or lost', breaches.open, `${findings.length} commands`);
check(
  'every command was placed',
  total === findings.length ? [] : ['a bridge stood still', ...broken],
  `${findings.length} of ${total}`,
);
const met = new Set(findings.map(({ failure }) => failure));
const unmet = FAILURE_NAMES.filter((name) => !met.has(name));
const isWhole = wanted >= 500 && values.only === undefined;
check('everything went wrong that can', isWhole ? unmet : [], `${met.size} things met`);

console.log(`${seconds()} s`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function planBridge(bridge: number) {
  const number = (index: number) => `+1212555${String(1000 + bridge * 100 + index)}`;
  const contacts = Array.from({ length: 12 }, (_, index) => number(index));
  const groups = ['1', '2'].map((end): Group => {
    const id = `chat90000000000000${bridge}${end}`;
    return { id, guid: `any;+;${id}`, members: contacts.slice(0, 3) };
  });
  const random = seededRandom(seed * 1000 + bridge);
  return {
    folder: join(folder, String(bridge)),
    line: number(99),
    groups,
    people: { [number(10)]: { answersAfterMs: 300 }, [number(11)]: { reactsAfterMs: 200 } },
    orders: planOrders(
      failures.filter((_, index) => index % bridges === bridge),
      { bridge, contacts: [number(0), ...contacts.slice(1)], groups, random },
    ),
  };
}
