import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { sharedMs, startChild, type BenchChild } from './capture-child.ts';
import {
  listen,
  startDaemon,
  type Arrivals,
  type CaptureDaemon,
  type CaptureHealth,
} from './capture-daemon.ts';
import { copyHistory } from './capture-history.ts';
import { receiving, runPhase, type Phase, type Subject } from './capture-phase.ts';
import { rowsSchema, seenSchema, writtenSchema, type Act, type OwnRow } from './capture-protocol.ts';
import {
  showIsolated,
  showWholeBurst,
  walWithReader,
  withRequests,
  type BurstFigures,
  type IsolatedFigures,
} from './capture-promises.ts';
import { calm, cpuMs, memoryOf, processesOf, type Memory } from './capture-usage.ts';

/** How much is done of everything. */
export interface Effort {
  readonly newRows: number;
  readonly changes: number;
  readonly loadSeconds: number;
  readonly idleSeconds: number;
  readonly floorLoadSeconds: number;
  readonly floorIdleSeconds: number;
  readonly walSeconds: number;
  readonly isolated: number;
}

export interface Followed {
  readonly newRow: Phase;
  readonly freshChange: Phase;
  readonly oldChange: Phase;
  /** Ten messages a second. */
  readonly load: Phase;
  readonly idlePercent: number;
  /** Of each process, the main one first: the larger of before and after the work. */
  readonly memory: readonly Memory[];
}

export interface SizeFigures {
  readonly size: number;
  readonly floor: Followed;
  readonly skeleton: Pick<Followed, 'newRow' | 'load'>;
  readonly daemon: Followed;
  readonly mode: string;
  readonly firstStartMs: number;
  /** From ready until it is calm: what it does in the background after a first start. */
  readonly settledMs: number;
  readonly restartMs: number;
  /** From the start of the process until the last of the missed rows stood in the journal. */
  readonly catchUpMs: number;
  readonly resets: CaptureHealth['resets'];
  /** Only of one size. */
  readonly promises: Promises | null;
}

/** What does not depend on the size: shown on one database alone. */
export interface Promises {
  readonly isolated: readonly IsolatedFigures[];
  readonly burst: BurstFigures;
  /** The largest `-wal` at 30 transactions a second, bytes. */
  readonly wal: { readonly with: number; readonly without: number };
}

export const MISSED_ROWS = 5_000;
const GAP_MS = [20, 50] as const;
/** So many events of each kind, and so soon after one another, until the code that runs is what V8 makes of hot code. */
const WARM_UP = { newRows: 1_500, changes: 200, gapMs: [4, 8] } as const;
/** In its first minute it asks more often how Messages is. */
const FIRST_MINUTE_MS = 75_000;
const TEN_A_SECOND_MS = [100, 100] as const;
/** A first start reads a large history for minutes: what the limits count of it, and what each row says. */
const SETTLE_LIMIT_MS = 600_000;

interface Bench {
  readonly folder: string;
  readonly database: string;
  readonly osascript: string;
  readonly node: string;
  readonly writer: BenchChild;
  readonly effort: Effort;
}

/** All measurements on a database of one size. The floor and the daemon take turns on the same file. */
export async function measureSize(
  size: number,
  options: {
    readonly folder: string;
    readonly osascript: string;
    readonly node: string;
    readonly effort: Effort;
    readonly withPromises: boolean;
  },
): Promise<SizeFigures> {
  const { effort } = options;
  const folder = join(options.folder, String(size));
  mkdirSync(join(folder, 'Messages'), { recursive: true });
  const database = join(folder, 'Messages', 'chat.db');
  copyHistory(size, database);
  const writer = startChild('writer');
  try {
    await writer.ask({ kind: 'open', path: database });
    const old = rowsSchema.parse(await writer.ask({ kind: 'old-rows', count: effort.changes * 2 }));
    const bench = { folder, database, osascript: options.osascript, node: options.node, writer, effort };
    const floor = await followFloor(bench, old.slice(0, effort.changes));
    const skeleton = await followSkeleton(bench);
    const walWithout = options.withPromises ? await walWithReader(bench, effort.walSeconds) : null;
    const daemon = await followDaemon(bench, old.slice(effort.changes), walWithout);
    return { size, floor, skeleton, ...daemon };
  } finally {
    await writer.end();
  }
}

async function followFloor(bench: Bench, old: readonly OwnRow[]): Promise<Followed> {
  const { floorIdleSeconds, floorLoadSeconds } = bench.effort;
  const floor = startChild('floor');
  await floor.ask({ kind: 'open', path: bench.database });
  const subject = { pids: [floor.pid], witness: floor, arrivals: null };
  const followed = await followAll(bench, subject, old, { idle: floorIdleSeconds, load: floorLoadSeconds });
  await floor.end();
  return followed;
}

/** It finds new rows alone: to learn which older one has changed is the daemon's work. */
async function followSkeleton({ database, writer, effort }: Bench): Promise<SizeFigures['skeleton']> {
  const skeleton = startChild('skeleton');
  const arrivals = await listen(z.string().parse(await skeleton.ask({ kind: 'open', path: database })));
  const subject = { pids: processesOf(skeleton.pid), witness: skeleton, arrivals };
  await runPhase(writer, subject, receiving(WARM_UP.newRows), WARM_UP.gapMs);
  const newRow = await runPhase(writer, subject, receiving(effort.newRows), GAP_MS);
  const load = await runPhase(writer, subject, receiving(effort.floorLoadSeconds * 10), TEN_A_SECOND_MS);
  arrivals.close();
  await skeleton.end();
  return { newRow, load };
}

/** @param walWithout the largest `-wal` without the daemon; `null` where the promises are not shown */
async function followDaemon(
  bench: Bench,
  old: readonly OwnRow[],
  walWithout: number | null,
): Promise<Omit<SizeFigures, 'size' | 'floor' | 'skeleton'>> {
  const { folder, effort } = bench;
  const start = () => startDaemon({ ...bench, home: join(folder, 'home') });
  let daemon = await start();
  const firstStartMs = daemon.readyAt - daemon.spawnedAt;
  const settledMs = Math.max(0, (await calm(processesOf(daemon.pid), SETTLE_LIMIT_MS)) - daemon.readyAt);
  await daemon.stop();

  // From now on its code comes compiled out of the cache, as on every start of its life but the first.
  daemon = await start();
  const restartMs = daemon.readyAt - daemon.spawnedAt;
  const pids = processesOf(daemon.pid);
  await calm(pids, SETTLE_LIMIT_MS);
  await pause(Math.max(0, FIRST_MINUTE_MS - (sharedMs() - daemon.spawnedAt)));
  let witness = await startProbe(daemon.store);
  const arrivals = await daemon.listen();
  const before = (await daemon.health()).resets;
  const subject = { pids, witness, arrivals };
  const followed = await followAll(bench, subject, old, {
    idle: effort.idleSeconds,
    load: effort.loadSeconds,
  });
  const { mode, resets: after } = await daemon.health();
  // What a client says needs no other witness: one that looks without a pause takes a core from those who work.
  await witness.end();
  const promises = walWithout === null ? null : await showPromises(bench, daemon, arrivals, walWithout);
  witness = await startProbe(daemon.store);
  const isSame = processesOf(daemon.pid).join() === pids.join();
  arrivals.close();
  await daemon.stop();

  const missed = writtenSchema.parse(
    await bench.writer.ask({ kind: 'burst', count: MISSED_ROWS, perTransaction: 20 }),
  );
  daemon = await start();
  const catchUpMs =
    (await lastKnownAt(
      witness,
      missed.samples.map(({ key }) => key),
    )) - daemon.spawnedAt;
  await daemon.stop();
  await witness.end();
  if (!isSame) {
    throw new Error('A process of the daemon was replaced during the measurements.');
  }
  const resets =
    before === undefined || after === undefined
      ? undefined
      : {
          proved: after.proved - before.proved,
          salvaged: after.salvaged - before.salvaged,
          lost: after.lost - before.lost,
        };
  return { daemon: followed, mode, firstStartMs, settledMs, restartMs, catchUpMs, resets, promises };
}

async function startProbe(store: string): Promise<BenchChild> {
  const probe = startChild('probe');
  await probe.ask({ kind: 'open', path: store });
  return probe;
}

async function showPromises(
  { database, writer, effort }: Bench,
  daemon: CaptureDaemon,
  arrivals: Arrivals,
  walWithout: number,
): Promise<Promises> {
  return {
    wal: {
      with: await withRequests(daemon, () => walWithReader({ database, writer }, effort.walSeconds)),
      without: walWithout,
    },
    isolated: await showIsolated(writer, arrivals, effort.isolated),
    burst: await showWholeBurst(writer, arrivals),
  };
}

async function followAll(
  bench: Bench,
  subject: Subject,
  old: readonly OwnRow[],
  seconds: { readonly idle: number; readonly load: number },
): Promise<Followed> {
  const { writer, effort } = bench;
  const idlePercent = await idle(subject.pids, seconds.idle);
  const atRest = subject.pids.map(memoryOf);
  // Code that has not run yet is slow; a daemon that runs for months has no such moments.
  const phase = (acts: readonly Act[], gapMs: readonly [number, number]) =>
    runPhase(writer, subject, acts, gapMs);
  const freshRows = async (count: number) => {
    const rows = rowsSchema.parse(await writer.ask({ kind: 'fresh-rows', count }));
    await pause(1_000);
    return rows;
  };
  const receipts = (rows: readonly OwnRow[]): Act[] =>
    (['deliver', 'read'] as const).flatMap((type) => rows.map((row) => ({ type, row })));
  await phase(receiving(WARM_UP.newRows), WARM_UP.gapMs);
  await phase(receipts(await freshRows(WARM_UP.changes / 2)), WARM_UP.gapMs);
  const fresh = await freshRows(Math.ceil(effort.changes / 2));
  const newRow = await phase(receiving(effort.newRows), GAP_MS);
  const freshChange = await phase(receipts(fresh), GAP_MS);
  const oldChange = await phase(
    old.map((row) => ({ type: 'read', row })),
    GAP_MS,
  );
  const load = await phase(receiving(seconds.load * 10), TEN_A_SECOND_MS);
  const afterwards = subject.pids.map(memoryOf);
  return {
    newRow,
    freshChange,
    oldChange,
    load,
    idlePercent,
    memory: atRest.map((one, index) => {
      const later = afterwards[index] ?? one;
      return later.pssBytes > one.pssBytes ? later : one;
    }),
  };
}

async function idle(pids: readonly number[], seconds: number): Promise<number> {
  const before = cpuMs(pids);
  await pause(seconds * 1000);
  return ((cpuMs(pids) - before) / (seconds * 1000)) * 100;
}

async function lastKnownAt(witness: BenchChild, keys: readonly string[]): Promise<number> {
  const left = new Set(keys);
  const until = sharedMs() + 60_000;
  while (sharedMs() < until) {
    for (const { key, at } of seenSchema.parse(await witness.ask({ kind: 'collect' }))) {
      left.delete(key);
      if (left.size === 0) {
        return at;
      }
    }
    await pause(20);
  }
  return NaN;
}
