import { Worker } from 'node:worker_threads';

const WORKER = new URL('./check-store-worker.ts', import.meta.url);

/**
 * Has SQLite check the whole store, on a thread of its own, as it takes seconds for a large one; whoever uses the store
 * meanwhile is not held up. Resolves with `ok` or with what was found first; rejects where it could not be checked.
 */
export function checkStore(path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(WORKER, { workerData: path });
    worker.once('message', (found: string) => resolve(found));
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the check ended without an answer')));
  });
}
