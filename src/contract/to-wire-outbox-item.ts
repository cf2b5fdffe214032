import {
  chatKey,
  mayBeDeliveredTwice,
  partState,
  type Attempt,
  type ChatKey,
  type Command,
  type CommandPart,
  type CommandState,
  type Failure,
  type Proof,
  type Service,
  type UnknownCause,
} from '../domain/index.ts';
import { chatId, lineIdOrUnknown, messageId } from './ids.ts';
import { toWireLimitHit } from './limits/limit-hit.ts';
import type { WireOutboxItem } from './outbox-item.ts';

type ErrorDetail = NonNullable<WireOutboxItem['error_detail']>;

/** A command as the wire shows it, without the id of a request: in events there is none. */
export function toWireCommand(command: Command): Omit<WireOutboxItem, 'request_id'> {
  const { state, target, parts } = command;
  const chat = targetChat(command);
  const first = parts[0]?.attempts.at(-1);
  return {
    id: command.id,
    status: statusOf(state),
    state: state.name,
    ...errorOf(
      state,
      parts.flatMap(({ attempts }) => attempts),
    ),
    to: target.to === 'handle' ? target.handle : chatId(chat),
    chat_id: chatId(chat),
    line_id: lineIdOrUnknown(command.line),
    service: command.service,
    fallback: command.fallback === null ? undefined : 'sms',
    ...proofOf(first?.proof ?? null),
    parts: parts.map((part) => toWirePart(command, part)),
    attempts: parts.flatMap(({ attempts }, part) =>
      attempts.map((attempt) => ({ part, ...toWireAttempt(attempt) })),
    ),
    delivered_twice_possible: mayBeDeliveredTwice(command) || undefined,
    created_at: command.createdAt,
    updated_at: command.updatedAt,
    completed_at: 'at' in state ? state.at : undefined,
    not_before: notBefore(command),
    after_reply:
      (command.acceptedWith.name === 'deferred' && command.acceptedWith.reason === 'after_reply') ||
      undefined,
    expires_at: command.expiresAt,
    limit:
      command.hold.name === 'deferred' && command.hold.reason === 'limit'
        ? toWireLimitHit(command.hold.limit)
        : undefined,
    warnings: command.warnings.length === 0 ? undefined : command.warnings.map((warning) => ({ ...warning })),
    metadata: command.metadata ?? undefined,
    suspected_duplicate_of: command.suspectedDuplicateOf ?? undefined,
  };
}

export function toWireOutboxItem(command: Command, requestId: string): WireOutboxItem {
  return { ...toWireCommand(command), request_id: requestId };
}

function toWirePart(command: Command, part: CommandPart): WireOutboxItem['parts'][number] {
  const { content, attempts } = part;
  const state = partState(command, part);
  return {
    type: content.kind,
    ...(content.kind === 'file' ? { file_id: content.fileId, filename: content.name } : {}),
    state: state.name,
    ...errorOf(state, attempts),
    ...proofOf(attempts.at(-1)?.proof ?? null),
  };
}

function toWireAttempt(attempt: Attempt): Omit<WireOutboxItem['attempts'][number], 'part'> {
  const { service, state, proof } = attempt;
  return {
    service: service === null ? undefined : SERVICES[service],
    state: state.name,
    ...errorOf(state, [attempt]),
    downgraded: proof?.isDowngraded,
    started_at: attempt.startedAt,
    ...proofOf(proof),
  };
}

const SERVICES: Readonly<Record<Service, 'imessage' | 'sms' | 'rcs'>> = {
  iMessage: 'imessage',
  SMS: 'sms',
  RCS: 'rcs',
};

function proofOf(proof: Proof | null): { readonly message_id?: string; readonly guid?: string } {
  return proof === null ? {} : { message_id: messageId(proof.guid), guid: proof.guid };
}

function targetChat({ target }: Command): ChatKey {
  return target.to === 'chat' ? target.chat : chatKey('direct', target.handle);
}

/** When it may go: what the client asked for, or what a rule put it off to. */
function notBefore({ hold, notBefore: asked }: Command): number | undefined {
  return (hold.name === 'deferred' ? hold.until : null) ?? asked ?? undefined;
}

/** The four words that Messages.dev's clients know. `unknown` is never `failed`: a client would send again. */
function statusOf(state: CommandState): WireOutboxItem['status'] {
  switch (state.name) {
    case 'queued':
    case 'deferred':
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
    case 'refused':
    case 'canceled':
    case 'expired':
      return 'failed';
    default:
      return state satisfies never;
  }
}

/**
 * `error` is the code alone, or `null`: clients of Messages.dev read it as text and throw on anything else, which would
 * make them send again. What there is to say beside the code stands in `error_detail`, which they pass over.
 */
function errorOf(
  state: CommandState,
  attempts: readonly Attempt[],
): { readonly error: string | null; readonly error_detail?: ErrorDetail } {
  const detail = detailOf(state);
  if (detail === null) {
    return { error: null };
  }
  const elsewhere =
    state.name === 'unknown' || detail.code === 'misrouted'
      ? attempts.find((attempt) => attempt.elsewhere !== null)?.elsewhere
      : undefined;
  return {
    error: detail.code,
    error_detail:
      elsewhere === undefined || elsewhere === null
        ? detail
        : { ...detail, other_chat_id: chatId(elsewhere.chat) },
  };
}

function detailOf(state: CommandState): ErrorDetail | null {
  switch (state.name) {
    case 'failed':
      return {
        code: state.failure.code,
        message: state.failure.message,
        disposition: NOT_STARTED.has(state.failure.code) ? 'not_started' : undefined,
        apple_code: state.failure.apple ?? undefined,
      };
    case 'refused':
      return {
        code: state.refusal.code,
        message: state.refusal.message,
        disposition: 'not_started',
        limit: toWireLimitHit(state.refusal.limit),
        retry_at: state.refusal.retryAt ?? undefined,
      };
    case 'canceled':
      return { code: 'canceled', message: 'It was canceled before it was sent.', disposition: 'not_started' };
    case 'expired':
      return {
        code: 'expired',
        message: 'It could not be sent before it expired, and will not be.',
        disposition: 'not_started',
      };
    case 'unknown':
      return {
        code: 'outcome_unknown',
        message: UNKNOWN_MESSAGES[state.cause],
        disposition: state.cause === 'still_in_flight' ? 'still_in_flight' : 'may_have_completed',
        cause: state.cause,
        is_final: state.final,
      };
    case 'queued':
    case 'deferred':
    case 'sending':
    case 'dispatched':
    case 'sent':
    case 'delivered':
    case 'read':
      return null;
    default:
      return state satisfies never;
  }
}

/** Failures that were certain before anything was handed to Messages. */
const NOT_STARTED: ReadonlySet<Failure['code']> = new Set<Failure['code']>([
  'send_rejected',
  'chat_not_found',
  'service_unavailable',
]);

const UNKNOWN_MESSAGES: Readonly<Record<UnknownCause, string>> = {
  no_row: 'Messages took it, but no row proves it yet. It may have been sent; it is not sent again.',
  timed_out: 'Messages did not answer in time. It may have been sent; it is not sent again.',
  still_in_flight:
    'The script was ended and is still there. It may have been sent, or may be yet; it is not sent again.',
  script_error: 'Messages failed while sending. It may have been sent; it is not sent again.',
  interrupted: 'Blueline was stopped while sending. It may have been sent; it is not sent again.',
  row_gone: 'Its row was there and has gone before it was sent. It may have been sent; it is not sent again.',
  store_replaced:
    "Blueline's own store was restored from a backup, or made anew after damage, while this was open. It may have been sent; it is not sent again.",
};
