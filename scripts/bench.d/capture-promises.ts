import { setTimeout as pause } from 'node:timers/promises';
import { sharedMs, startChild, type BenchChild } from './capture-child.ts';
import type { Arrivals, CaptureDaemon } from './capture-daemon.ts';
import { receiving, spread, write, type Spread } from './capture-phase.ts';
import { writtenSchema } from './capture-protocol.ts';

/** Rows that were each committed right after a look, with no later write that could have helped. */
export interface IsolatedFigures {
  readonly synchronous: 'NORMAL' | 'FULL';
  readonly rows: number;
  readonly inTime: number;
  readonly delay: Spread;
}

export interface BurstFigures {
  readonly rows: number;
  /** From the COMMIT of the transaction to the arrival of its last row; the slowest of the runs. */
  readonly worstMs: number;
}

export const IN_TIME_MS = 300;
const BURST_ROWS = 5_000;
const BURST_RUNS = 3;
/** When a follower looks, counted from the file event of the commit before, ms. */
const LOOKS_MS = [3, 3, 8, 8, 8, 20, 20, 60, 120, 250] as const;
const LOST_AFTER_MS = 2_000;
const THIRTY_A_SECOND_MS = [33, 33] as const;

/** Each row waits until the one before has arrived, and then for a millisecond after one of the looks that follow it. */
export async function showIsolated(
  writer: BenchChild,
  arrivals: Arrivals,
  rows: number,
): Promise<IsolatedFigures[]> {
  const figures: IsolatedFigures[] = [];
  for (const synchronous of ['NORMAL', 'FULL'] as const) {
    await writer.ask({ kind: 'synchronous', level: synchronous });
    const delays: number[] = [];
    let last = sharedMs();
    for (let row = 0; row < rows; row += 1) {
      const sinceLast = sharedMs() - last;
      const later = LOOKS_MS.filter((ms) => ms + 1 > sinceLast);
      const look = later[Math.floor(Math.random() * later.length)] ?? sinceLast;
      const gap = look + 1 - sinceLast + Math.random();
      const { samples } = await write(writer, receiving(1), [gap, gap]);
      for (const { key, after } of samples) {
        await arrivals.missing([key], LOST_AFTER_MS);
        delays.push((arrivals.at.get(key) ?? Infinity) - after);
        last = after;
      }
    }
    figures.push({
      synchronous,
      rows,
      inTime: delays.filter((ms) => ms <= IN_TIME_MS).length,
      delay: spread(delays),
    });
  }
  await writer.ask({ kind: 'synchronous', level: 'NORMAL' });
  return figures;
}

export async function showWholeBurst(writer: BenchChild, arrivals: Arrivals): Promise<BurstFigures> {
  let worstMs = 0;
  for (let run = 0; run < BURST_RUNS; run += 1) {
    const { samples } = writtenSchema.parse(
      await writer.ask({ kind: 'burst', count: BURST_ROWS, perTransaction: BURST_ROWS }),
    );
    const missing = await arrivals.missing(
      samples.map(({ key }) => key),
      30_000,
    );
    const committedAt = samples[0]?.after ?? NaN;
    const last = Math.max(...samples.map(({ key }) => arrivals.at.get(key) ?? Infinity));
    worstMs = Math.max(worstMs, missing.length > 0 ? Infinity : last - committedAt);
  }
  return { rows: BURST_ROWS, worstMs };
}

/**
 * The largest `-wal` at 30 transactions a second, with a reader beside Messages' writer, as other programs of the Mac
 * are. The floor is one.
 */
export async function walWithReader(
  { database, writer }: { readonly database: string; readonly writer: BenchChild },
  seconds: number,
): Promise<number> {
  const reader = startChild('floor');
  await reader.ask({ kind: 'open', path: database });
  const { maxWalBytes } = await write(writer, receiving(seconds * 30), THIRTY_A_SECOND_MS);
  await reader.end();
  return maxWalBytes;
}

/** Clients ask meanwhile, so that the main process reads chat.db too. */
export async function withRequests<T>(daemon: CaptureDaemon, work: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const asking = (async () => {
    while (!over.signal.aborted) {
      await daemon.request('/v1/messages?limit=50');
      await pause(100);
    }
  })();
  try {
    return await work();
  } finally {
    over.abort();
    await asking;
  }
}
