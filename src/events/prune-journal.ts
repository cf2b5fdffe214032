import { errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';
import type { Journal, Retention } from './journal.ts';

/** How often what retention no longer keeps is removed. */
const EVERY_MS = 60_000;
/** What is removed at a time: others wait for the store meanwhile. */
const ROWS = 1_000;
/** Of these, the most in a row: what comes in meanwhile has its turn, and the next minute goes on. */
const SLICES = 500;

/** Removes what retention no longer keeps, now and again; where that fails, the next time does it. */
export function keepPruning(deps: {
  readonly journal: Journal;
  readonly retention: Retention;
  readonly clock: Clock;
  readonly log: Logger;
}): Timer {
  const { journal, retention, clock, log } = deps;
  const stopping = new AbortController();
  let isRunning = false;
  const timer = clock.every(EVERY_MS, () => {
    if (isRunning) {
      return;
    }
    isRunning = true;
    pruneJournal(journal, retention, stopping.signal)
      .catch((error: unknown) =>
        log.warn({ code: errorCode(error) }, 'Old events could not be removed; it is tried again'),
      )
      .finally(() => {
        isRunning = false;
      });
  });
  return {
    cancel: () => {
      timer.cancel();
      stopping.abort();
    },
  };
}

/** Removes what retention does not keep, slice by slice, and lets others work in between. */
async function pruneJournal(journal: Journal, retention: Retention, signal: AbortSignal): Promise<void> {
  for (let slice = 0; slice < SLICES && !signal.aborted; slice += 1) {
    if (journal.prune(retention, ROWS) < ROWS) {
      return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}
