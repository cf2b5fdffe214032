/** A thread of a parallel export: reads the stretches that it is given, and hands them back as lines. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
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

/** The file of the thread. Who starts one has loaded it, so that the thread finds it compiled. */
export const LINES_WORKER = new URL(import.meta.url);

function start(port: MessagePort, task: LinesTask): void {
  const make = orFail(port, () => work(port, task));
  port.on('message', (stretch: StretchOrder) => orFail(port, () => make?.(stretch)));
}

function work(port: MessagePort, task: LinesTask): (stretch: StretchOrder) => void {
  const db = openMessagesDb(task.path, { messagesFolder: task.messagesFolder, cacheKib: SCAN_CACHE_KIB });
  const criteria = resolveFilter(task.filter, db);
  const encode = createMessageEncoder();
  return (stretch) => {
    const { pieces, count } = linesOf(db, criteria, encode, stretch);
    const lines: FromThread = { type: 'lines', index: stretch.index, pieces, count };
    port.postMessage(
      lines,
      pieces.map((piece) => piece.buffer),
    );
  };
}

/** An error loses its class on the way between threads: what a person needs of ours is sent in words. */
function orFail<T>(port: MessagePort, run: () => T): T | null {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof BluelineError)) {
      throw error;
    }
    const { code, message, advice } = error;
    const failed: FromThread = { type: 'failed', code, message, advice };
    port.postMessage(failed);
    return null;
  }
}

if (parentPort !== null) {
  start(parentPort, workerData);
}
