/** A thread that looks through one store and says what it found: `ok`, or what SQLite says of the damage. */
import { parentPort, workerData } from 'node:worker_threads';
import { inspectStore } from './inspect-store.ts';

const check = inspectStore(String(workerData), { isThorough: true });
parentPort?.postMessage(check.outcome === 'sound' ? 'ok' : check.found);
