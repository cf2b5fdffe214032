import { errorCode, type Logger } from '../runtime/index.ts';
import type { Journal } from './journal.ts';

/** What is removed at a time: others wait for the store meanwhile. */
const ROWS = 1_000;

/** Removes what retention no longer keeps; where that fails now, the next time does it. */
export function pruneJournal(
  journal: Journal,
  keep: { readonly retentionMs: number; readonly retentionBytes: number },
  log: Logger,
): void {
  try {
    journal.prune({ ms: keep.retentionMs, bytes: keep.retentionBytes }, ROWS);
  } catch (error) {
    log.warn({ code: errorCode(error) }, 'Old events could not be removed; it is tried again');
  }
}
