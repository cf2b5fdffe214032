import {
  chatKey,
  type ChatKey,
  type Command,
  type CommandState,
  type UnknownCause,
} from '../domain/index.ts';
import { chatId, lineIdOrUnknown, messageId } from './ids.ts';
import type { WireOutboxItem } from './outbox-item.ts';

/** A command as the wire shows it, without the id of a request: in events there is none. */
export function toWireCommand(command: Command): Omit<WireOutboxItem, 'request_id'> {
  const { state, target, proof } = command;
  const chat = targetChat(command);
  return {
    id: command.id,
    status: statusOf(state),
    state: state.name,
    error: errorOf(state),
    to: target.to === 'handle' ? target.handle : chatId(chat),
    chat_id: chatId(chat),
    line_id: lineIdOrUnknown(command.line),
    message_id: proof === null ? undefined : messageId(proof.guid),
    guid: proof?.guid,
    created_at: command.createdAt,
    updated_at: command.updatedAt,
    completed_at: 'at' in state ? state.at : undefined,
    expires_at: command.expiresAt,
    suspected_duplicate_of: command.suspectedDuplicateOf ?? undefined,
  };
}

export function toWireOutboxItem(command: Command, requestId: string): WireOutboxItem {
  return { ...toWireCommand(command), request_id: requestId };
}

function targetChat({ target }: Command): ChatKey {
  return target.to === 'chat' ? target.chat : chatKey('direct', target.handle);
}

/** The four words that Messages.dev's clients know. `unknown` is never `failed`: a client would send again. */
function statusOf(state: CommandState): WireOutboxItem['status'] {
  switch (state.name) {
    case 'queued':
      return 'pending';
    case 'sending':
    case 'dispatched':
    case 'unknown':
      return 'claimed';
    case 'sent':
    case 'delivered':
    case 'read':
      return 'sent';
    case 'failed':
    case 'expired':
      return 'failed';
    default:
      return state satisfies never;
  }
}

function errorOf(state: CommandState): WireOutboxItem['error'] {
  switch (state.name) {
    case 'failed':
      return {
        code: state.failure.code,
        message: state.failure.message,
        apple_code: state.failure.apple ?? undefined,
      };
    case 'expired':
      return { code: 'expired', message: 'It could not be sent before it expired, and will not be.' };
    case 'unknown':
      return {
        code: 'outcome_unknown',
        message: UNKNOWN_MESSAGES[state.cause],
        cause: state.cause,
        is_final: state.final,
      };
    case 'queued':
    case 'sending':
    case 'dispatched':
    case 'sent':
    case 'delivered':
    case 'read':
      return undefined;
    default:
      return state satisfies never;
  }
}

const UNKNOWN_MESSAGES: Readonly<Record<UnknownCause, string>> = {
  no_row: 'Messages took the text, but no row proves it yet. It may have been sent; it is not sent again.',
  timed_out: 'Messages did not answer in time. The text may have been sent; it is not sent again.',
  script_error: 'Messages failed while sending. The text may have been sent; it is not sent again.',
  interrupted: 'Blueline was stopped while sending. The text may have been sent; it is not sent again.',
};
