import type { Command, CommandId, CommandInput } from '../domain/index.ts';
import { backoffMs, errorCode, sleep, type Clock, type Logger } from '../runtime/index.ts';
import type { Moves } from './moves.ts';

/** Before it is noted again, where the store would not take it. */
const PAUSE = { firstMs: 250, limitMs: 5_000 } as const;

/**
 * Notes what became of a script that has run. A store that will not take it is asked again until it does: only the
 * script's own word tells what certainly did not leave. Rejects once `signal` aborts; the next start then finds the
 * attempt begun, and looks for its row.
 * @returns as `Moves.apply` does
 */
export async function noteOutcome(
  { moves, clock, log }: { readonly moves: Moves; readonly clock: Clock; readonly log: Logger },
  signal: AbortSignal,
  id: CommandId,
  input: CommandInput,
): Promise<Command | null> {
  for (let failures = 1; ; failures += 1) {
    try {
      return moves.apply(id, input);
    } catch (error) {
      if (signal.aborted) {
        throw error;
      }
      if (failures === 1) {
        log.error(
          { command: id, code: errorCode(error) },
          'What became of a send could not be noted; it is tried again',
        );
      }
      await sleep(clock, backoffMs(failures, PAUSE), signal);
    }
  }
}
