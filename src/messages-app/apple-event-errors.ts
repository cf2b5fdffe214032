/** Why a send was certainly not begun, as a stable word. */
export type RejectReason =
  | 'aborted'
  | 'account_not_found'
  | 'automation_denied'
  | 'automation_unanswered'
  | 'accessibility_denied'
  | 'file_not_found'
  | 'invalid_target'
  | 'invalid_text'
  | 'no_gui_session'
  | 'no_messages_app'
  | 'not_running'
  | 'privilege_violation'
  | 'script_error'
  | 'spawn_failed'
  | 'target_not_found';

/** What an error number says of Messages itself, where it was the answer to a mere question. */
type StatusHint = 'not_running' | 'not_responding' | 'denied' | 'unknown';

export interface AppleEventError {
  /** `no`: raised while a target is looked up or an event is refused. `maybe`: the event may have been taken. */
  readonly begun: 'no' | 'maybe';
  readonly reason: RejectReason;
  readonly status: StatusHint;
}

const refused = (reason: RejectReason, status: StatusHint = 'unknown'): AppleEventError => ({
  begun: 'no',
  reason,
  status,
});

const open = (status: StatusHint): AppleEventError => ({ begun: 'maybe', reason: 'script_error', status });

/**
 * The numbers that `osascript` ends its error line with, on macOS 11 to 27. Collected from Apple's tables and from what
 * the authors of other bridges reported; the sentences around them are localised, the numbers are not.
 */
export const APPLE_EVENT_ERRORS: ReadonlyMap<number, AppleEventError> = new Map([
  // Syntax errors. For a script that compiles elsewhere: the dictionary of Messages could not be loaded, which is
  // what happens outside a graphical session.
  [-2740, refused('no_gui_session')],
  [-2741, refused('no_gui_session')],
  // A word that this version's dictionary does not have.
  [-2753, refused('script_error')],
  [-2700, refused('script_error')],
  [-1700, refused('script_error')],
  [-1708, refused('script_error')],
  // The event timed out: Messages may still act on it.
  [-1712, open('not_responding')],
  [-1719, refused('account_not_found')],
  [-1728, refused('target_not_found')],
  [-1743, refused('automation_denied', 'denied')],
  // Consent was never asked for, or the prompt still stands unanswered.
  [-1744, refused('automation_unanswered', 'denied')],
  [-600, refused('not_running', 'not_running')],
  // The connection broke while Messages crashed or quit.
  [-609, open('not_responding')],
  [-610, refused('no_gui_session')],
  [-1713, refused('no_gui_session')],
  [-10810, refused('no_gui_session')],
  // A handler of Messages failed, having done an unknown part of its work.
  [-10000, open('unknown')],
  [-10004, refused('privilege_violation')],
  [-10006, refused('script_error')],
  [-43, refused('file_not_found')],
  [1002, refused('accessibility_denied', 'denied')],
  [-25211, refused('accessibility_denied', 'denied')],
]);

const PARENTHESISED = /\(([-\u2212]?\d{1,6})\)/gu;

/** The number of an AppleScript error: the last parenthesised integer, or `null` where there is none. */
export function errorNumber(stderr: string): number | null {
  let last: string | null = null;
  for (const match of stderr.matchAll(PARENTHESISED)) {
    last = match[1] ?? null;
  }
  return last === null ? null : Number(last.replace('\u2212', '-'));
}
