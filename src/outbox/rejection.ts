import type { Failure } from '../domain/index.ts';
import type { RejectReason, SendOutcome } from '../messages-app/index.ts';

/** Nothing was wrong with the command: Messages was not there to take it, or we were stopping. */
export const UNREACHABLE: ReadonlySet<RejectReason> = new Set<RejectReason>([
  'aborted',
  'automation_denied',
  'automation_unanswered',
  'no_gui_session',
  'no_messages_app',
  'not_running',
]);

/** What a client is told of a send that was refused before it began. */
export function rejection(outcome: Extract<SendOutcome, { outcome: 'rejected' }>): Failure {
  const number = outcome.code === null ? '' : ` (${outcome.code})`;
  return outcome.reason === 'account_not_found'
    ? {
        code: 'service_unavailable',
        message: `Messages has no account for this service${number}.`,
        apple: outcome.code,
      }
    : {
        code: 'send_rejected',
        message: `Messages refused the command before sending anything: ${outcome.reason}${number}.`,
        apple: outcome.code,
      };
}
