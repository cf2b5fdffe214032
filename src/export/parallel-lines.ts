import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { BluelineError } from '../runtime/index.ts';
import type { Run } from './export-jsonl.ts';
import { stretches, type FromThread, type LinesTask, type StretchLines } from './stretch-lines.ts';

/** Below this many ROWIDs the threads would take longer to start than to work. */
export const WORTH_THREADS = 50_000;
/** ROWIDs that a thread is given at a time. */
const WIDTH = 500;
/** More threads would wait for the disk and for the one that writes. */
const MAX_THREADS = 4;
/** Stretches that are given out or wait to be written, for each thread: what bounds the memory. */
const AHEAD = 4;
/**
 * Megabytes for each thread: its garbage is short-lived, and a nursery of this size neither grows nor slows it. The
 * other is room for rows as long as no Mac writes them.
 */
const LIMITS = { maxYoungGenerationSizeMb: 16, maxOldGenerationSizeMb: 256 } as const;

/**
 * The same lines in the same order as a single thread would write, made by several: each reads stretches of its own
 * over a connection of its own, and they are put in order here. Ends early when the signal aborts or nobody reads.
 * @returns how many messages were written
 */
export async function exportLinesInParallel(run: Run, task: LinesTask): Promise<number> {
  const { sink, signal } = run;
  const last = run.db.lastRowId();
  const threads = Array.from(
    { length: Math.min(MAX_THREADS, Math.max(2, availableParallelism())) },
    () =>
      new Worker(new URL('./lines-worker.ts', import.meta.url), { workerData: task, resourceLimits: LIMITS }),
  );
  const todo = stretches(last, WIDTH);
  const done = new Map<number, StretchLines>();
  let failure: Error | null = null;
  let wake = (): void => undefined;
  let givenOut = 0;
  let written = 0;
  let count = 0;
  const give = (thread: Worker): void => {
    if (givenOut - written >= AHEAD * threads.length) {
      idle.push(thread);
      return;
    }
    const next = todo.next();
    if (next.done !== true) {
      givenOut += 1;
      thread.postMessage(next.value);
    }
  };
  const idle: Worker[] = [];
  for (const thread of threads) {
    thread.on('message', (answer: FromThread) => {
      if (answer.type === 'lines') {
        done.set(answer.index, answer);
        give(thread);
      } else {
        const { code, message, advice } = answer;
        failure ??= new BluelineError(code, message, advice === null ? {} : { advice });
      }
      wake();
    });
    thread.on('error', (error: Error) => {
      failure ??= error;
      wake();
    });
    give(thread);
    give(thread);
  }
  try {
    const total = Math.ceil(last / WIDTH);
    while (written < total && !signal.aborted && !sink.isClosed) {
      const lines = done.get(written);
      if (lines === undefined) {
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (failure !== null || signal.aborted) {
            resolve();
          }
        });
        throwIf(failure);
        continue;
      }
      done.delete(written);
      written += 1;
      for (const piece of lines.pieces) {
        await sink.write(piece);
      }
      count += lines.count;
      run.onProgress(count, Math.min(1, (written * WIDTH) / last));
      for (const thread of idle.splice(0)) {
        give(thread);
      }
    }
    return count;
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function throwIf(failure: Error | null): void {
  if (failure !== null) {
    throw failure;
  }
}
