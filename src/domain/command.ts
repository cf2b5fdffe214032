import type { ChatKey, CommandId, Handle, Instant, MessageGuid, RowId } from './ids.ts';

/** Where a text is to go: a chat that chat.db holds, or a contact without one. */
export type Target =
  | { readonly to: 'chat'; readonly chat: ChatKey }
  | { readonly to: 'handle'; readonly handle: Handle };

/** Why a command ended without its text having reached the contact. `code` is stable; `apple` is the row's error. */
export interface Failure {
  readonly code: 'message_failed' | 'send_rejected' | 'chat_not_found';
  readonly message: string;
  /** `message.error` of the row, or AppleScript's number. */
  readonly apple: number | null;
}

/** Why there is no proof: what ended the attempt. */
export type UnknownCause = 'no_row' | 'timed_out' | 'script_error' | 'interrupted';

/**
 * A command's life. `sending` is committed before the script starts, so that a crash can never hide an attempt;
 * `unknown` means "may have been sent" and is never retried by itself.
 */
export type CommandState =
  | { readonly name: 'queued' }
  | { readonly name: 'sending'; readonly since: Instant; readonly watermark: RowId }
  | { readonly name: 'dispatched'; readonly since: Instant; readonly watermark: RowId }
  | {
      readonly name: 'unknown';
      readonly since: Instant;
      readonly watermark: RowId;
      readonly cause: UnknownCause;
      /** The follow-up has ended: only a row can still change it. */
      readonly final: boolean;
    }
  | { readonly name: 'sent'; readonly at: Instant }
  | { readonly name: 'delivered'; readonly at: Instant }
  | { readonly name: 'read'; readonly at: Instant }
  | { readonly name: 'failed'; readonly at: Instant; readonly failure: Failure }
  | { readonly name: 'expired'; readonly at: Instant };

/** Something that a client asked us to do, as the outbox keeps it. */
export interface Command {
  readonly id: CommandId;
  readonly target: Target;
  readonly text: string;
  readonly line: Handle | null;
  readonly state: CommandState;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
  /** Not sent any more from this moment on. */
  readonly expiresAt: Instant;
  /** The row that proves it, once one has been matched. */
  readonly proof: { readonly guid: MessageGuid; readonly rowId: RowId } | null;
  /** Set where the same text went to the same place within the last minute, without a key of its own. */
  readonly suspectedDuplicateOf: CommandId | null;
}

/** What the row that a command was matched with says now. */
export interface ProofRow {
  readonly guid: MessageGuid;
  readonly rowId: RowId;
  readonly isSent: boolean;
  readonly isDelivered: boolean;
  readonly isRead: boolean;
  readonly error: number;
}

export type CommandInput =
  | { readonly type: 'start'; readonly watermark: RowId }
  | { readonly type: 'accepted' }
  /** The script certainly sent nothing, because Messages could not be reached: it may go again later. */
  | { readonly type: 'requeue' }
  | { readonly type: 'rejected'; readonly failure: Failure }
  | { readonly type: 'uncertain'; readonly cause: UnknownCause }
  | { readonly type: 'row'; readonly row: ProofRow }
  /** Another database has taken the place of the one that the watermark was of. */
  | { readonly type: 'renumbered'; readonly watermark: RowId }
  | { readonly type: 'give_up' }
  | { readonly type: 'expire' };

/** The command after the input, or `null` where the input does not apply to its state. */
export function step(command: Command, input: CommandInput, now: Instant): Command | null {
  const next = nextState(command, input, now);
  if (input.type === 'row') {
    const proof = command.proof ?? { guid: input.row.guid, rowId: input.row.rowId };
    if (next === null && command.proof !== null) {
      return null;
    }
    return { ...command, state: next ?? command.state, proof, updatedAt: now };
  }
  return next === null ? null : { ...command, state: next, updatedAt: now };
}

function nextState(command: Command, input: CommandInput, now: Instant): CommandState | null {
  const { state } = command;
  switch (input.type) {
    case 'start':
      return state.name === 'queued' ? { name: 'sending', since: now, watermark: input.watermark } : null;
    case 'accepted':
      return state.name === 'sending' ? { name: 'dispatched', since: now, watermark: state.watermark } : null;
    case 'requeue':
      return state.name === 'sending' && command.proof === null ? { name: 'queued' } : null;
    case 'rejected':
      // A row outweighs what the script said of itself.
      return state.name === 'sending' && command.proof === null
        ? { name: 'failed', at: now, failure: input.failure }
        : null;
    case 'uncertain':
      return uncertain(command, input.cause, now);
    case 'row':
      return proved(state, input.row, now);
    case 'renumbered':
      return 'watermark' in state ? { ...state, watermark: input.watermark } : null;
    case 'give_up':
      return state.name === 'unknown' && !state.final ? { ...state, final: true } : null;
    case 'expire':
      return state.name === 'queued' ? { name: 'expired', at: now } : null;
    default:
      return input satisfies never;
  }
}

function uncertain(command: Command, cause: UnknownCause, now: Instant): CommandState | null {
  const { state, proof } = command;
  if (state.name !== 'sending' && state.name !== 'dispatched') {
    return null;
  }
  // The row is there: the message exists, whatever became of the script. It only waits for its fate.
  if (proof !== null) {
    return state.name === 'sending' ? { name: 'dispatched', since: now, watermark: state.watermark } : null;
  }
  return { name: 'unknown', since: now, watermark: state.watermark, cause, final: false };
}

/** How far along a state is; a row moves a command forward only. A failed one may still turn delivered. */
const RANK = {
  queued: 0,
  sending: 1,
  dispatched: 1,
  unknown: 1,
  sent: 3,
  failed: 2,
  expired: 2,
  delivered: 4,
  read: 5,
} as const;

function proved(state: CommandState, row: ProofRow, now: Instant): CommandState | null {
  const reached = reachedBy(row, now);
  if (reached === null) {
    // Seen but neither sent nor failed: an uncertain attempt becomes one that merely waits.
    return state.name === 'unknown' ? { name: 'dispatched', since: now, watermark: state.watermark } : null;
  }
  if (reached.name === 'failed') {
    return RANK[state.name] < RANK.failed || state.name === 'sent' ? reached : null;
  }
  return RANK[reached.name] > RANK[state.name] ? reached : null;
}

function reachedBy(row: ProofRow, now: Instant): CommandState | null {
  if (row.isRead) {
    return { name: 'read', at: now };
  }
  if (row.isDelivered) {
    return { name: 'delivered', at: now };
  }
  if (row.error !== 0) {
    return {
      name: 'failed',
      at: now,
      failure: { code: 'message_failed', message: describeAppleError(row.error), apple: row.error },
    };
  }
  return row.isSent ? { name: 'sent', at: now } : null;
}

/** Apple's FZErrorType in words, for the codes that a line meets. */
export function describeAppleError(code: number): string {
  switch (code) {
    case 3:
      return 'Messages timed out while sending (error 3).';
    case 4:
      return 'Messages could not send it (error 4).';
    case 6:
    case 7:
    case 8:
    case 9:
    case 10:
    case 11:
      return `Messages had no working network (error ${code}). Check the connection of this Mac.`;
    case 22:
      return 'The address is not reachable on this service (error 22).';
    case 25:
      return 'Messages could not read or convert the attachment (error 25).';
    case 30:
    case 31:
    case 32:
    case 33:
    case 40:
      return `The account that Messages is signed in to cannot send (error ${code}). Sign in again in Messages › Settings › iMessage.`;
    default:
      return `Messages reported error ${code}.`;
  }
}

/** No further script will run for it, and nothing but a late row can change it. */
export function isFinal(state: CommandState): boolean {
  switch (state.name) {
    case 'queued':
    case 'sending':
    case 'dispatched':
      return false;
    case 'unknown':
      return state.final;
    case 'sent':
    case 'delivered':
    case 'read':
    case 'failed':
    case 'expired':
      return true;
    default:
      return state satisfies never;
  }
}
