import type { Instant, Message, RowId } from '../domain/index.ts';
import type { PendingRow } from './protocol.ts';

/** A row goes out without its text after so long (bodies are written within milliseconds to seconds of the row). */
export const BODY_SETTLE_MS = 2_000;
/** A row goes out without its chat join after so long; some never get one. */
export const JOIN_SETTLE_MS = 15_000;

/** What a row still lacks. `hold`: it is not to be told yet at all (a scheduled message before its time). */
export interface Missing {
  readonly join: boolean;
  readonly body: boolean;
  readonly hold: boolean;
}

export interface Candidate {
  readonly message: Message;
  readonly missing: Missing;
}

/** Sorts rows into those that can be told now and those that still wait, each with the time since which it has waited. */
export function settle(
  candidates: readonly Candidate[],
  since: ReadonlyMap<RowId, Instant>,
  now: Instant,
): { readonly complete: readonly Message[]; readonly pending: readonly PendingRow[] } {
  const complete: Message[] = [];
  const pending: PendingRow[] = [];
  for (const { message, missing } of candidates) {
    const from = since.get(message.rowId) ?? now;
    if (isSettled(missing, now - from)) {
      complete.push(message);
    } else {
      pending.push({ rowId: message.rowId, since: from });
    }
  }
  return { complete: complete.toSorted((a, b) => a.rowId - b.rowId), pending };
}

function isSettled(missing: Missing, waitedMs: number): boolean {
  // A clock set back must not make a row wait for hours.
  const waited = waitedMs < 0 ? Number.POSITIVE_INFINITY : waitedMs;
  return (
    !missing.hold &&
    (!missing.join || waited >= JOIN_SETTLE_MS) &&
    (!missing.body || waited >= BODY_SETTLE_MS)
  );
}
