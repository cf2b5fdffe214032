/** A thread of a parallel export: reads the stretches that it is given, and hands them back as lines. */
import { parentPort, workerData } from 'node:worker_threads';
import { createMessageMapper } from '../contract/index.ts';
import { openMessagesDb } from '../messages-db/index.ts';
import { resolveFilter } from './criteria.ts';
import { linesOf, SCAN_CACHE_KIB, type LinesTask, type Stretch, type StretchLines } from './stretch-lines.ts';

const task: LinesTask = workerData;
const db = openMessagesDb(task.path, {
  messagesFolder: task.messagesFolder,
  cacheKib: SCAN_CACHE_KIB,
});
const criteria = resolveFilter(task.filter, db);
const toWire = createMessageMapper();

parentPort?.on('message', (stretch: Stretch) => {
  const { pieces, count } = linesOf(db, criteria, toWire, stretch);
  const answer: StretchLines = { index: stretch.index, pieces, count };
  parentPort?.postMessage(
    answer,
    pieces.map((piece) => piece.buffer),
  );
});
