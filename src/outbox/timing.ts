import { instant, type Attempt, type Command, type CommandPart, type Instant } from '../domain/index.ts';

/** How long the outbox waits for what, in ms. */
export interface OutboxTiming {
  /** From a script's end to the row that proves it; after that the outcome is unknown. */
  readonly proofWindowMs: number;
  /** How long an unknown outcome of a text is still looked after. */
  readonly followUpMs: number;
  /** The same of a file. */
  readonly fileFollowUpMs: number;
  /** How long an error 22 must have stood before a text message follows the iMessage. */
  readonly fallbackMs: number;
}

/** A row that is neither sent nor failed is read again so often: what changed in it may have gone unseen. */
export const LOOK_AGAIN_MS = 10_000;

export function followUpOf(part: CommandPart, timing: OutboxTiming): number {
  return part.content.kind === 'file' ? timing.fileFollowUpMs : timing.followUpMs;
}

/** Unproved, unknown, and its follow-up ends by itself. */
export function givesUpAt(part: CommandPart, { state }: Attempt, timing: OutboxTiming): Instant | null {
  return state.name === 'unknown' && !state.final ? instant(state.since + followUpOf(part, timing)) : null;
}

/** A row stands for it that is neither sent nor failed yet. */
export function waitsForFate({ state, proof }: Attempt): boolean {
  return state.name === 'dispatched' && proof !== null;
}

/** When time alone will next change the command; `null` where it never does. */
export function createWakeAt(timing: OutboxTiming): (command: Command) => Instant | null {
  return (command) => {
    const { hold, parts } = command;
    const isWaiting =
      (hold.name === 'queued' || hold.name === 'deferred') &&
      parts.some((part) => part.attempts.length === 0 || part.fallbackAt !== null);
    const moments: (Instant | null)[] = [
      isWaiting ? command.expiresAt : null,
      isWaiting && hold.name === 'deferred' ? hold.until : null,
      ...parts.map((part) => part.fallbackAt),
      ...parts.flatMap((part) => part.attempts.map((attempt) => givesUpAt(part, attempt, timing))),
      parts.some((part) => part.attempts.some(waitsForFate))
        ? instant(command.updatedAt + LOOK_AGAIN_MS)
        : null,
    ];
    const known = moments.filter((moment) => moment !== null);
    return known.length === 0 ? null : instant(Math.min(...known));
  };
}
