import { randomFillSync } from 'node:crypto';
import { monotonicFactory } from 'ulid';

/** Bytes drawn from the system at a time; an id takes sixteen. */
const POOL_BYTES = 4_096;

/**
 * Gives ids that sort by when they were made, also those of one millisecond: ULIDs, of a moment in Unix ms. The library
 * would ask the system for each character on its own, which costs more than all else that an event's journalling does.
 */
export function createSortableIds(): (now: number) => string {
  const pool = new Uint8Array(POOL_BYTES);
  let used = POOL_BYTES;
  return monotonicFactory(() => {
    if (used === POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    const byte = pool[used] ?? 0;
    pool[used] = 0;
    used += 1;
    return byte / 256;
  });
}
