import { peakBytes } from './measure.ts';

/** Times the work and tells the parent process how many rows it was, and the most memory that it took. */
export async function report(work: () => Promise<number>): Promise<void> {
  const startedAt = performance.now();
  const rows = await work();
  const measurement = { rows, ms: performance.now() - startedAt, peakBytes: peakBytes() };
  if (process.send === undefined) {
    console.log(measurement);
  } else {
    process.send(measurement);
  }
}
