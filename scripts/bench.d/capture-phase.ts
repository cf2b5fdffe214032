import { setTimeout as pause } from 'node:timers/promises';
import type { BenchChild } from './capture-child.ts';
import type { Arrivals } from './capture-daemon.ts';
import { seenSchema, writtenSchema, type Act, type Written } from './capture-protocol.ts';
import { cpuMs } from './capture-usage.ts';

/** Of a set of times, ms. */
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What became of the changes of one kind. */
export interface Phase {
  readonly changes: number;
  /** From just before the COMMIT to the place where the follower has it: the journal, or the floor's memory. */
  readonly known: Spread;
  /** How many of them got there. */
  readonly seen: number;
  /** The same up to a WebSocket client. */
  readonly client: Spread | null;
  readonly cpuMsPerEvent: number;
  /** Percent of one core, over the whole phase. */
  readonly cpuPercent: number;
}

/** Who follows the database. */
export interface Subject {
  readonly pids: readonly number[];
  /** The process that tells when each change was known. */
  readonly witness: BenchChild;
  readonly arrivals: Arrivals | null;
}

/** A change that was not seen so long after the last commit is lost. */
const LOST_AFTER_MS = 3_000;
/** The ladder behind the last event is part of the cost. */
const LADDER_TAIL_MS = 200;

export async function runPhase(
  writer: BenchChild,
  subject: Subject,
  acts: readonly Act[],
  gapMs: readonly [number, number],
): Promise<Phase> {
  await subject.witness.ask({ kind: 'collect' });
  await subject.witness.ask({ kind: 'expect', rows: acts.flatMap((act) => ('row' in act ? [act.row] : [])) });
  const startedAt = performance.now();
  const cpuBefore = cpuMs(subject.pids);
  const written = await write(writer, acts, gapMs);
  await pause(LADDER_TAIL_MS);
  const cpu = cpuMs(subject.pids) - cpuBefore;
  const elapsed = performance.now() - startedAt;
  await subject.arrivals?.missing(
    written.samples.map(({ key }) => key),
    LOST_AFTER_MS,
  );
  const known = new Map(
    seenSchema.parse(await subject.witness.ask({ kind: 'collect' })).map(({ key, at }) => [
      key,
      // What a client has is in the journal: the probe may have been late, the client cannot have been early.
      Math.min(at, subject.arrivals?.at.get(key) ?? Infinity),
    ]),
  );
  const delays = (at: ReadonlyMap<string, number>) =>
    written.samples.flatMap(({ key, before }) => {
      const seenAt = at.get(key);
      return seenAt === undefined ? [] : [seenAt - before];
    });
  return {
    changes: acts.length,
    known: spread(delays(known)),
    seen: delays(known).length,
    client: subject.arrivals === null ? null : spread(delays(subject.arrivals.at)),
    cpuMsPerEvent: cpu / acts.length,
    cpuPercent: (cpu / elapsed) * 100,
  };
}

export async function write(
  writer: BenchChild,
  acts: readonly Act[],
  gapMs: readonly [number, number],
): Promise<Written> {
  return writtenSchema.parse(await writer.ask({ kind: 'write', acts, gapMs }));
}

export function receiving(count: number): Act[] {
  return Array.from({ length: count }, () => ({ type: 'receive' }));
}

/** NaN where there is nothing to measure. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN;
  return { p50: at(0.5), p99: at(0.99), max: sorted.at(-1) ?? NaN };
}
