import { setTimeout as wait } from 'node:timers/promises';
import { canBeDeaf } from './capture-daemon.ts';
import { pickFaults } from './capture-faults.ts';
import type { Storm } from './capture-storm.ts';

/** Rows of a burst, as a Mac writes them that was offline for long. */
const BURST_ROWS = 5_000;
const LOCKSTEP_TRANSACTIONS = 60;
const FREE_ORDERS = 60;

export interface RoundsOptions {
  readonly changes: number;
  readonly isNear: boolean;
  readonly say: (line: string) => void;
}

/** What the rounds found out beside what the ledger holds. */
export interface RoundsResult {
  readonly rounds: number;
  readonly faults: ReadonlyMap<string, number>;
  /** How often the file was replaced by a copy of itself. */
  readonly replaced: number;
  /** `false` where nothing here can keep file events from the daemon. */
  readonly wasDeaf: boolean;
}

/** Round after round, until so many changes have been written: in lockstep, free with faults, and the special ones. */
export async function runRounds(storm: Storm, options: RoundsOptions): Promise<RoundsResult> {
  const { ledger, random } = storm;
  const { isNear, say } = options;
  const faults = new Map<string, number>();
  const isDeafPossible = canBeDeaf();
  let rounds = 0;
  let replaced = 0;

  const round = async (name: string, run: (where: string) => Promise<void>, what: readonly string[] = []) => {
    rounds += 1;
    const before = { changes: ledger.changes, events: ledger.events, findings: ledger.findings.total };
    for (const fault of what) {
      faults.set(fault, (faults.get(fault) ?? 0) + 1);
    }
    await run(`round ${rounds}, ${name}`);
    const wrong = ledger.findings.total - before.findings;
    say(
      `${String(rounds).padStart(4)} ${name.padEnd(9)} ${String(ledger.changes - before.changes).padStart(6)} changes ` +
        `${String(ledger.events - before.events).padStart(6)} events, all told ${String(Math.round(storm.catchUps.at(-1) ?? 0)).padStart(5)} ms after the last` +
        `${wrong === 0 ? '' : `, ${wrong} WRONG`}${what.length === 0 ? '' : `  [${what.join('; ')}]`}`,
    );
  };
  const lockstep = () =>
    round('lockstep', (where) =>
      storm.lockstep(where, LOCKSTEP_TRANSACTIONS, { isNear: false, mayPurge: true, mayReplay: true }),
    );
  const free = () => {
    const picked = pickFaults(storm, random);
    return round(
      'free',
      (where) =>
        storm.free(where, FREE_ORDERS, picked, { isNear: false, mayPurge: !isNear, mayReplay: false }),
      picked.map((fault) => fault.name),
    );
  };
  const burst = (name: string, rows: readonly number[]) =>
    round(name, async (where) => {
      await storm.write([storm.plan.completeAll()]);
      await storm.write(rows.map((count) => storm.plan.burst(count)));
      await storm.settle(where);
    });
  const one = () => burst('burst', [BURST_ROWS]);
  const single = () =>
    burst(
      'singles',
      Array.from({ length: BURST_ROWS }, () => 1),
    );

  const replace = () =>
    round('replaced', async (where) => {
      await storm.reopen('replace');
      replaced += 1;
      await storm.free(where, 5, [], { isNear: false, mayPurge: !isNear, mayReplay: false });
    });
  const vacuum = () =>
    round('vacuum', async (where) => {
      await storm.control({ order: 'vacuum' });
      await storm.free(where, 5, [], { isNear: false, mayPurge: !isNear, mayReplay: false });
    });
  const deaf = () =>
    round('deaf', async (where) => {
      await storm.daemon.kill();
      storm.deafen(true);
      await storm.startDaemon();
      await storm.lockstep(where, 20, { isNear: false, mayPurge: true, mayReplay: false });
      await storm.free(where, 20, [], { isNear: false, mayPurge: !isNear, mayReplay: false });
      await storm.daemon.kill();
      storm.deafen(false);
      await storm.startDaemon();
      await storm.settle(where);
    });

  /** The daemon dies over the pages of a burst. */
  const killed = () =>
    round('killed', async (where) => {
      await storm.write([storm.plan.completeAll()]);
      await storm.write([storm.plan.burst(BURST_ROWS)]);
      await wait(random.below(200));
      await storm.daemon.kill();
      await storm.startDaemon();
      await storm.settle(where);
    });
  /** The reader hangs for so long that the daemon must help itself. */
  const hung = () =>
    round('hung', async (where) => {
      storm.daemon.signalReader('SIGSTOP');
      await storm.free(where, 10, [], { isNear: false, mayPurge: !isNear, mayReplay: false });
    });

  const specials = [one, replace, ...(isDeafPossible ? [deaf] : []), killed, hung, single, vacuum, replace];
  const every = Math.max(1, Math.floor(options.changes / (specials.length + 1)));
  await lockstep();
  for (let special = 0; ledger.changes < options.changes; special += 1) {
    const until = Math.min(options.changes, (special + 1) * every);
    for (let index = 0; ledger.changes < until; index += 1) {
      await (index % 6 === 5 ? lockstep() : free());
    }
    await specials[special]?.();
  }
  await round('last', async (where) => {
    await storm.write([storm.plan.completeAll()]);
    await storm.settle(where);
  });
  const spared = storm.spared.filter((how) => how === 'replace').length;
  return { rounds, faults, replaced: replaced - spared, wasDeaf: isDeafPossible };
}
