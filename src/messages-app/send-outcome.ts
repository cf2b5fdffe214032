import { APPLE_EVENT_ERRORS, errorNumber, type RejectReason } from './apple-event-errors.ts';
import type { ChildEnd } from './run-child.ts';

/** What the end of a send script proves. None of them proves that a message was sent: only its row in chat.db does. */
export type SendOutcome =
  /** The script said `sent` and exited 0: Messages took the event. */
  | { readonly outcome: 'accepted' }
  /** Certain: the send verb was never reached. `code` is AppleScript's number, if there was one. */
  | {
      readonly outcome: 'rejected';
      readonly disposition: 'not_started';
      readonly code: number | null;
      readonly reason: RejectReason;
    }
  /** Messages may have taken the event, and may still act on it. Must not be tried again. */
  | {
      readonly outcome: 'uncertain';
      /** `still_in_flight`: the script was killed and is still there; it may yet reach its send verb. */
      readonly disposition: 'may_have_completed' | 'still_in_flight';
      readonly cause: 'timed_out' | 'script_error';
      readonly code: number | null;
    };

const RESOLVED = 'phase: resolved';
const SENT = /^sent$/mu;

export function rejected(reason: RejectReason, code: number | null = null): SendOutcome {
  return { outcome: 'rejected', disposition: 'not_started', code, reason };
}

function uncertain(cause: 'timed_out' | 'script_error', code: number | null = null): SendOutcome {
  return { outcome: 'uncertain', disposition: 'may_have_completed', cause, code };
}

/** Reads the end of a send script. Pure; where two readings are possible it takes the uncertain one. */
export function classifySend(end: ChildEnd): SendOutcome {
  switch (end.end) {
    case 'not_started':
      return rejected(end.code === 'ABORT_ERR' ? 'aborted' : 'spawn_failed');
    case 'killed':
      return end.isGone
        ? uncertain('timed_out')
        : { outcome: 'uncertain', disposition: 'still_in_flight', cause: 'timed_out', code: null };
    case 'died':
      return uncertain('script_error');
    case 'exited':
      return classifyExit(end);
    default:
      return end satisfies never;
  }
}

function classifyExit(end: Extract<ChildEnd, { end: 'exited' }>): SendOutcome {
  const saidSent = SENT.test(end.stdout.replaceAll('\r', ''));
  if (end.code === 0) {
    return saidSent ? { outcome: 'accepted' } : uncertain('script_error');
  }
  const code = errorNumber(end.stderr);
  const known = code === null ? undefined : APPLE_EVENT_ERRORS.get(code);
  // Where the beginning of the output is missing, the phase may have been in it.
  const mayHaveBegun = saidSent || end.truncated || end.stderr.includes(RESOLVED) || known?.begun === 'maybe';
  if (mayHaveBegun) {
    return uncertain('script_error', code);
  }
  return rejected(known?.reason ?? 'script_error', code);
}
