import { COMMAND_NAMES, toWireLimitHit, type ErrorType, type WireError } from '../contract/index.ts';
import type { PolicyRefusal } from './ports.ts';

interface ErrorDefinition {
  readonly status: number;
  readonly type: ErrorType;
  readonly message: string;
  /** Seconds after which the same request may succeed. */
  readonly retryAfter?: number;
}

/** Every code that the REST surface can answer, with its status. Codes are stable; messages may change. */
const ERRORS = {
  missing_api_key: {
    status: 401,
    type: 'authentication_error',
    message: 'An API key is needed: Authorization: Bearer blk_….',
  },
  invalid_api_key: {
    status: 401,
    type: 'authentication_error',
    message: 'The API key is wrong or was revoked.',
  },
  insufficient_scope: {
    status: 403,
    type: 'authorization_error',
    message: 'The API key lacks the scope that this needs.',
  },
  line_not_accessible: {
    status: 403,
    type: 'authorization_error',
    message: 'The API key is limited to other lines.',
  },
  origin_not_allowed: {
    status: 403,
    type: 'authorization_error',
    message: 'Pages of other sites may not connect.',
  },
  file_link_invalid: {
    status: 403,
    type: 'authorization_error',
    message: 'The link is wrong or has expired. GET /v1/files?id= makes a new one.',
  },
  sandbox_not_activated: {
    status: 403,
    type: 'authorization_error',
    message:
      'A sandbox key sends only to contacts who have texted the code of `blueline sandbox` to the line.',
  },
  sandbox_requires_owner: {
    status: 403,
    type: 'authorization_error',
    message: 'A sandbox key cannot see or change the sandbox. Use another key.',
  },
  line_not_sendable: {
    status: 403,
    type: 'capability_error',
    message: 'Messages cannot be made to send from this address. Leave `from` out, or name the active line.',
  },
  missing_required_parameter: {
    status: 400,
    type: 'invalid_request_error',
    message: 'A required parameter is missing.',
  },
  invalid_parameter_value: {
    status: 400,
    type: 'invalid_request_error',
    message: 'A parameter has a value that is not allowed.',
  },
  invalid_json: { status: 400, type: 'invalid_request_error', message: 'The body is not valid JSON.' },
  malformed_request: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The request is not well formed.',
  },
  idempotency_keys_differ: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Idempotency-Key and client_message_id are the same thing; two different ones were given.',
  },
  capability_unavailable: {
    status: 400,
    type: 'capability_error',
    message: 'This line cannot do that; its `capabilities` say what it can. Nothing was accepted.',
  },
  empty_file: { status: 400, type: 'invalid_request_error', message: 'The file has no bytes.' },
  upload_incomplete: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The file did not arrive whole. Nothing of it was kept.',
  },
  invalid_contact_card: {
    status: 400,
    type: 'invalid_request_error',
    message: 'The vCard cannot be read.',
  },
  not_found: { status: 404, type: 'invalid_request_error', message: 'There is nothing here.' },
  chat_not_found: { status: 404, type: 'invalid_request_error', message: 'There is no such chat.' },
  line_not_found: { status: 404, type: 'invalid_request_error', message: 'There is no such line.' },
  message_not_found: { status: 404, type: 'invalid_request_error', message: 'There is no such message.' },
  file_not_found: { status: 404, type: 'invalid_request_error', message: 'There is no such file.' },
  file_not_ready: {
    status: 404,
    type: 'invalid_request_error',
    message: 'The file is not on this Mac, or not yet. The event attachment.ready tells when it is.',
  },
  outbox_item_not_found: {
    status: 404,
    type: 'invalid_request_error',
    message: 'There is no such outbox item.',
  },
  webhook_not_found: { status: 404, type: 'invalid_request_error', message: 'There is no such webhook.' },
  delivery_not_found: {
    status: 404,
    type: 'invalid_request_error',
    message: 'The webhook has no such delivery, or it is no longer listed.',
  },
  request_timeout: {
    status: 408,
    type: 'invalid_request_error',
    message: 'The request did not arrive in time.',
  },
  event_expired: {
    status: 410,
    type: 'invalid_request_error',
    message:
      'The journal no longer holds the event. A longer events.retention_days keeps more of what comes.',
  },
  client_gone: {
    status: 499,
    type: 'invalid_request_error',
    message: 'The client closed the connection before it was answered. Nothing was accepted.',
  },
  body_too_large: {
    status: 413,
    type: 'invalid_request_error',
    message: 'The body is larger than 1 MiB.',
  },
  file_too_large: {
    status: 413,
    type: 'invalid_request_error',
    message: 'The file is larger than this bridge takes (files.max_bytes).',
  },
  unsupported_content_type: {
    status: 415,
    type: 'invalid_request_error',
    message: 'The body must be JSON, with Content-Type: application/json.',
  },
  rate_limit_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    message: 'The key has made as many requests as it may in an hour (http.requests_per_hour).',
  },
  range_not_satisfiable: {
    status: 416,
    type: 'invalid_request_error',
    message: 'The file has no such bytes. The header Content-Range says how many it has.',
  },
  host_not_allowed: {
    status: 421,
    type: 'invalid_request_error',
    message: 'This bridge does not answer under that host name.',
  },
  webhook_url_not_allowed: {
    status: 400,
    type: 'invalid_request_error',
    message: 'Events must not be posted to this URL.',
  },
  too_many_webhooks: {
    status: 422,
    type: 'invalid_request_error',
    message: 'There are as many webhooks as this bridge serves. Delete one that is no longer needed.',
  },
  webhook_backlog_full: {
    status: 429,
    type: 'rate_limit_error',
    message: 'Too many deliveries of this webhook are pending. Go on when some are done.',
    retryAfter: 10,
  },
  outbox_item_not_cancelable: {
    status: 422,
    type: 'invalid_request_error',
    message: 'Nothing of it is left to cancel: it was handed to Messages, or is at its end.',
  },
  outbox_item_not_unknown: {
    status: 422,
    type: 'invalid_request_error',
    message: 'Its outcome is not unknown: there is nothing to decide.',
  },
  refused_by_rule: {
    status: 403,
    type: 'policy_error',
    message: 'A rule is against it, and waiting does not help. Nothing was accepted.',
  },
  limit_reached: {
    status: 429,
    type: 'policy_error',
    message: 'A limit of the line is reached. Nothing was accepted.',
  },
  unknown_command: {
    status: 400,
    type: 'invalid_request_error',
    message: `There is no such command. There are: ${COMMAND_NAMES.join(', ')}.`,
  },
  command_expired: {
    status: 422,
    type: 'invalid_request_error',
    message:
      'It arrived after `expires_at` and was dropped. Nothing was done. If it is still wanted, give it again with a later one.',
  },
  limit_not_lower: {
    status: 422,
    type: 'policy_error',
    message: 'Limits can be lowered this way, never raised. Nothing was changed.',
  },
  idempotency_key_reused: {
    status: 422,
    type: 'invalid_request_error',
    message: 'The idempotency key was used before with another request.',
  },
  sandbox_quota_exceeded: {
    status: 429,
    type: 'rate_limit_error',
    message: 'Sandbox keys have sent what they may today. The day ends at midnight UTC.',
  },
  upgrade_required: {
    status: 426,
    type: 'invalid_request_error',
    message: 'This is a WebSocket; connect with Upgrade: websocket. GET /v1/events reads the same events.',
  },
  headers_too_large: {
    status: 431,
    type: 'invalid_request_error',
    message: 'The request line and headers are too large.',
  },
  bridge_error: {
    status: 500,
    type: 'bridge_error',
    message: 'Something went wrong in the bridge. Its log has more under this request id.',
  },
  messages_unavailable: {
    status: 503,
    type: 'bridge_error',
    message: "Messages' database cannot be read right now. GET /health tells why.",
    retryAfter: 5,
  },
  store_unavailable: {
    status: 503,
    type: 'bridge_error',
    message: 'The bridge cannot write to its own store right now. Nothing was accepted.',
    retryAfter: 5,
  },
  bridge_stopping: {
    status: 503,
    type: 'bridge_error',
    message: 'The bridge is stopping.',
    retryAfter: 5,
  },
  disk_full: {
    status: 507,
    type: 'bridge_error',
    message:
      'The disk of this Mac has no room for the file. Nothing of it was kept; GET /health says how it is.',
  },
  staging_failed: {
    status: 503,
    type: 'bridge_error',
    message:
      "The file could not be laid into Messages' folder: the program that runs Blueline needs Full Disk Access. Nothing was accepted.",
  },
  too_many_connections: {
    status: 503,
    type: 'bridge_error',
    message: 'Too many connections are waiting for their key.',
    retryAfter: 5,
  },
} as const satisfies Readonly<Record<string, ErrorDefinition>>;

/** What is to be tried again later than this is not worth a client's own retries. */
const SOON_SECONDS = 60;

export type ErrorCode = keyof typeof ERRORS;

/** Ends a request with one of the codes above. `message` replaces the fixed sentence where it can say more. */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: ErrorCode;
  readonly param: string | null;
  /** The rule's no: its code is what the client reads. */
  readonly policy: PolicyRefusal | null;
  /** Seconds after which the same request may succeed, where that is known. */
  readonly retryAfter: number | null;

  /** @param options `retryAfter` in seconds, where the moment decides it */
  constructor(
    code: ErrorCode,
    options: {
      readonly param?: string;
      readonly message?: string;
      readonly policy?: PolicyRefusal;
      readonly retryAfter?: number | null;
    } = {},
  ) {
    super(options.message ?? ERRORS[code].message);
    this.code = code;
    this.param = options.param ?? null;
    this.policy = options.policy ?? null;
    const fixed: ErrorDefinition = ERRORS[code];
    this.retryAfter = options.retryAfter ?? fixed.retryAfter ?? null;
  }

  get definition(): ErrorDefinition {
    return ERRORS[this.code];
  }
}

/** The body that goes with an error. */
export function errorBody(error: HttpError, requestId: string): WireError {
  const { type } = error.definition;
  const { policy, retryAfter } = error;
  return {
    error: {
      type,
      code: policy?.refusal.code ?? error.code,
      message: error.message,
      param: error.param ?? undefined,
      retry_after: retryAfter ?? undefined,
      ...(policy === null
        ? {}
        : {
            limit: toWireLimitHit(policy.refusal.limit),
            details: {
              ...(policy.refusal.retryAt === null ? {} : { retry_at: policy.refusal.retryAt }),
              ...(policy.cure === null ? {} : { cure: policy.cure }),
            },
          }),
    },
    request_id: requestId,
  };
}

/** The headers that go with an error, beside those of every answer. */
export function errorHeaders(error: HttpError): Readonly<Record<string, string>> {
  const { status } = error.definition;
  const { policy, retryAfter } = error;
  const isShort = retryAfter !== null && (policy === null || isRate(policy));
  return {
    ...(isShort ? { 'retry-after': String(retryAfter) } : {}),
    // Some clients try a 429 again at once, whatever it says, unless this tells them not to.
    ...(policy === null ? {} : { 'x-should-retry': String(isShort) }),
    ...(status === 429 && policy === null && (retryAfter ?? 0) > SOON_SECONDS
      ? { 'x-should-retry': 'false' }
      : {}),
    ...(status === 401 ? { 'www-authenticate': 'Bearer' } : {}),
    ...(status === 426 ? { upgrade: 'websocket', connection: 'Upgrade' } : {}),
  };
}

/** Waits of windows up to this are told in a header; clients would sleep through the longer ones. */
const RATE_WINDOW_SECONDS = 3_600;

function isRate({ refusal }: PolicyRefusal): boolean {
  return (refusal.limit.windowSeconds ?? Infinity) <= RATE_WINDOW_SECONDS;
}

/**
 * The error for a rule's no: 429 where waiting helps, else 403.
 * @param now by which the wait is counted, in whole seconds
 */
export function policyError({ refusal, cure }: PolicyRefusal, now: number): HttpError {
  const { retryAt, message } = refusal;
  const policy = { refusal, cure };
  return retryAt === null
    ? new HttpError('refused_by_rule', { param: 'to', message, policy })
    : new HttpError('limit_reached', {
        message,
        policy,
        retryAfter: Math.max(1, Math.ceil((retryAt - now) / 1000)),
      });
}
