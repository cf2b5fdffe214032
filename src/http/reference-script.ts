import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/**
 * The script of the reference page, some 5 MB. A thread loads it and ends: the daemon, which is seldom asked for it, would
 * else hold its package for good.
 */
export async function readReferenceScript(): Promise<Buffer> {
  const worker = new Worker(new URL('reference-script-worker.ts', import.meta.url), {
    stdout: false,
    stderr: false,
  });
  try {
    const [script]: unknown[] = await once(worker, 'message');
    if (!(script instanceof Uint8Array)) {
      throw new TypeError('The script of the reference page did not come as bytes.');
    }
    return Buffer.from(script.buffer, script.byteOffset, script.byteLength);
  } finally {
    await worker.terminate();
  }
}
