import { sleep, type Clock } from './clock.ts';
import { backoffMs } from './backoff.ts';
import { errorCode } from './errors.ts';
import type { Logger } from './logger.ts';

/** A repeated failure is logged at most this often; between, only counted. */
const LOG_INTERVAL_MS = 30_000;

/**
 * Runs `body` again and again until the signal aborts. A throw is logged (at most every 30 s, with the count) and
 * followed by a growing pause, so that a broken resource neither ends the loop nor spins it. Never rejects.
 */
export async function superviseLoop(options: {
  readonly name: string;
  readonly clock: Clock;
  readonly log: Logger;
  readonly signal: AbortSignal;
  readonly body: (signal: AbortSignal) => Promise<void>;
  readonly onFailure?: (error: unknown) => void;
}): Promise<void> {
  const { name, clock, log, signal, body } = options;
  let failures = 0;
  let lastLogAt = Number.NEGATIVE_INFINITY;
  while (!signal.aborted) {
    try {
      await body(signal);
      failures = 0;
    } catch (error) {
      failures += 1;
      options.onFailure?.(error);
      if (clock.now() - lastLogAt >= LOG_INTERVAL_MS) {
        lastLogAt = clock.now();
        log.error(
          { loop: name, code: errorCode(error), consecutiveFailures: failures },
          'A loop failed; it goes on',
        );
      }
      await sleep(clock, backoffMs(failures, { firstMs: 100, limitMs: 10_000 }), signal);
    }
  }
}
