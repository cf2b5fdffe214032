import { errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';
import type { Store } from './store.ts';

/** What a daemon commits in that time is never much, but for a burst, which must not wait for it. */
const EVERY_MS = 1_000;

/** Copies what the store's WAL holds into its file, between commits; where that fails, the next time does it. */
export function keepCheckpointed(deps: {
  readonly store: Pick<Store, 'checkpoint'>;
  readonly clock: Clock;
  readonly log: Logger;
}): Timer {
  const { store, clock, log } = deps;
  let isFailing = false;
  return clock.every(EVERY_MS, () => {
    try {
      store.checkpoint();
      isFailing = false;
    } catch (error) {
      if (!isFailing) {
        log.warn(
          { code: errorCode(error) },
          'The WAL of the store could not be copied into it; it is tried again',
        );
      }
      isFailing = true;
    }
  });
}
