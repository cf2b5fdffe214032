import { flushCompileCache } from 'node:module';
import { Worker } from 'node:worker_threads';
import { BluelineError } from '../runtime/index.ts';
import type { Run } from './export-jsonl.ts';
import { LINES_WORKER } from './lines-worker.ts';
import {
  ROOM_BYTES,
  stretches,
  type FromThread,
  type LinesTask,
  type StretchLines,
  type StretchOrder,
} from './stretch-lines.ts';

/** Below this many ROWIDs the threads would take longer to start than to work. */
export const WORTH_THREADS = 50_000;
/** ROWIDs that a thread is given at a time. */
const WIDTH = 250;
/** A third would take another 25 MB for what two do in good time. */
const THREADS = 2;
/** Stretches that are given out or wait to be written, for each thread: what bounds the memory. */
const AHEAD = 3;
/**
 * Megabytes for each thread. Its garbage is short-lived, and a small nursery is one that stays small. The other holds
 * what a read of uncommonly long texts brings: a tenth of it is in use.
 */
const LIMITS = { maxYoungGenerationSizeMb: 12, maxOldGenerationSizeMb: 24 } as const;

/**
 * The same lines in the same order as a single thread would write, made by several: each reads stretches of its own
 * over a connection of its own, and they are put in order here. Ends early when the signal aborts or nobody reads.
 * @returns how many messages were written
 */
export async function exportLinesInParallel(run: Run, task: LinesTask): Promise<number> {
  const { sink, signal } = run;
  const last = run.db.lastRowId();
  // What has been compiled here need not be compiled in every thread; without a cache this does nothing.
  flushCompileCache();
  const threads = Array.from(
    { length: THREADS },
    () => new Worker(LINES_WORKER, { workerData: task, resourceLimits: LIMITS }),
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
      const room = spare.pop() ?? new Uint8Array(ROOM_BYTES);
      const order: StretchOrder = { ...next.value, room };
      thread.postMessage(order, [room.buffer]);
    }
  };
  const idle: Worker[] = [];
  const spare: Uint8Array<ArrayBuffer>[] = [];
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
      spare.push(...lines.pieces.slice(0, 1).map((piece) => new Uint8Array(piece.buffer)));
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
