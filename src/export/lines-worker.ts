/** A thread of a parallel export: reads the stretches that it is given, and hands them back as lines. */
import { parentPort, workerData } from 'node:worker_threads';
import { createMessageEncoder } from '../contract/mapping.ts';
import { openMessagesDb } from '../messages-db/index.ts';
import { BluelineError } from '../runtime/index.ts';
import { resolveFilter } from './criteria.ts';
import {
  linesOf,
  SCAN_CACHE_KIB,
  type FromThread,
  type LinesTask,
  type StretchOrder,
} from './stretch-lines.ts';

const task: LinesTask = workerData;

function work(): (stretch: StretchOrder) => void {
  const db = openMessagesDb(task.path, { messagesFolder: task.messagesFolder, cacheKib: SCAN_CACHE_KIB });
  const criteria = resolveFilter(task.filter, db);
  const encode = createMessageEncoder();
  return (stretch) => {
    const { pieces, count } = linesOf(db, criteria, encode, stretch);
    send(
      { type: 'lines', index: stretch.index, pieces, count },
      pieces.map((piece) => piece.buffer),
    );
  };
}

/** An error loses its class on the way between threads: what a person needs of ours is sent in words. */
function orFail<T>(run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BluelineError)) {
      throw error;
    }
    send({ type: 'failed', code: error.code, message: error.message, advice: error.advice }, []);
    return null;
  }
}

function send(message: FromThread, transfer: readonly ArrayBuffer[]): void {
  parentPort?.postMessage(message, [...transfer]);
}

const make = orFail(work);
parentPort?.on('message', (stretch: StretchOrder) => orFail(() => make?.(stretch)));
