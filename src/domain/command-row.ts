import { describeAppleError, NOT_REACHABLE } from './apple-errors.ts';
import {
  rankOf,
  type Attempt,
  type AttemptState,
  type Command,
  type CommandPart,
  type Failure,
} from './command.ts';
import { instant, type Instant, type MessageGuid, type RowId } from './ids.ts';

/** What the row that an attempt was matched with says now. */
export interface ProofRow {
  readonly guid: MessageGuid;
  readonly rowId: RowId;
  readonly service: string;
  readonly wasDowngraded: boolean;
  readonly isSent: boolean;
  readonly isDelivered: boolean;
  readonly isRead: boolean;
  readonly error: number;
  /** No body, and no chat was ever joined to it. */
  readonly isGhost: boolean;
  /** `attachment.transfer_state` 6. */
  readonly isTransferFailed: boolean;
}

/** The part after the row of one of its attempts was looked at; `null` where it says nothing new. */
export function withRow(
  command: Command,
  part: CommandPart,
  seen: { readonly attempt: number; readonly row: ProofRow },
  now: Instant,
): CommandPart | null {
  const { row } = seen;
  const attempt = part.attempts[seen.attempt];
  if (attempt === undefined) {
    return null;
  }
  const state = stateByRow(attempt, part, row, now);
  const isDowngraded =
    row.wasDowngraded || (attempt.service === 'iMessage' && row.service !== '' && row.service !== 'iMessage');
  if (state === null && attempt.proof?.guid === row.guid && attempt.proof.isDowngraded === isDowngraded) {
    return null;
  }
  const { guid, rowId, service } = row;
  const proof = { guid, rowId, service, isDowngraded };
  const moved: Attempt = { ...attempt, state: state ?? attempt.state, proof };
  const isLast = seen.attempt === part.attempts.length - 1;
  return {
    ...part,
    attempts: part.attempts.with(seen.attempt, moved),
    fallbackAt: isLast
      ? fallbackAt(command, part, { before: attempt, after: moved, row }, now)
      : part.fallbackAt,
  };
}

/** A text message follows an iMessage to one contact with error 22, once, if the client wished it. */
function fallbackAt(
  command: Command,
  part: CommandPart,
  change: { readonly before: Attempt; readonly after: Attempt; readonly row: ProofRow },
  now: Instant,
): Instant | null {
  const { before, after, row } = change;
  const { fallback, hold } = command;
  if (
    after.state.name !== 'failed' ||
    after.state.failure.apple !== NOT_REACHABLE ||
    row.error !== NOT_REACHABLE
  ) {
    return null;
  }
  if (before.state.name === 'failed' && before.proof !== null) {
    return part.fallbackAt;
  }
  const isOpen = hold.name === 'queued' || hold.name === 'deferred';
  const isFirst = part.attempts.length === 1 && after.service === 'iMessage';
  return fallback !== null && isOpen && isFirst && hasNumber(command)
    ? instant(now + fallback.afterMs)
    : null;
}

/** Text messages go to one contact, and to a number. */
function hasNumber({ target }: Command): boolean {
  return target.to === 'chat' ? target.chat.startsWith('direct:+') : target.handle.startsWith('+');
}

function stateByRow(attempt: Attempt, part: CommandPart, row: ProofRow, now: Instant): AttemptState | null {
  const { state } = attempt;
  const reached = reachedBy(row, now);
  if (reached === null) {
    // Seen but neither sent nor failed: an uncertain attempt becomes one that merely waits. So does one whose failure
    // has not been reported yet, or was not the row's.
    const waitsAgain =
      state.name === 'unknown' ||
      (state.name === 'failed' && (part.fallbackAt !== null || attempt.proof?.guid !== row.guid));
    return waitsAgain ? { name: 'dispatched' } : null;
  }
  if (reached.name === 'failed') {
    return isWorse(state, reached.failure) ? reached : null;
  }
  return rankOf(reached) > rankOf(state) ? reached : null;
}

/** Whether a failure that the row shows outweighs the state: what was delivered has not failed. */
function isWorse(state: AttemptState, failure: Failure): boolean {
  switch (state.name) {
    case 'sending':
    case 'dispatched':
    case 'unknown':
    case 'sent':
      return true;
    case 'failed':
      return state.failure.code !== failure.code || state.failure.apple !== failure.apple;
    case 'delivered':
    case 'read':
      return false;
    default:
      return state satisfies never;
  }
}

function reachedBy(row: ProofRow, now: Instant): Extract<AttemptState, { at: Instant }> | null {
  if (row.isRead) {
    return { name: 'read', at: now };
  }
  if (row.isDelivered) {
    return { name: 'delivered', at: now };
  }
  if (row.isGhost) {
    const message = 'Messages made a row without text and chat of it; nobody gets such a message.';
    return failedWith('ghost_row', message, now);
  }
  if (row.error !== 0) {
    return failedWith('message_failed', describeAppleError(row.error), now, row.error);
  }
  if (row.isTransferFailed) {
    return failedWith('transfer_failed', 'Messages could not transfer the file (transfer state 6).', now);
  }
  return row.isSent ? { name: 'sent', at: now } : null;
}

/** The state of an attempt that failed. `apple` is the number that Apple gave it. */
export function failedWith(
  code: Failure['code'],
  message: string,
  at: Instant,
  apple: number | null = null,
): Extract<AttemptState, { name: 'failed' }> {
  return { name: 'failed', at, failure: { code, message, apple } };
}
