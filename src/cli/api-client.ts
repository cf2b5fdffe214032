import type { z } from 'zod';
import { errorSchema } from '../contract/index.ts';
import { errorCode } from '../runtime/index.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { CliError } from './failure.ts';
import { findDaemon, type DaemonAddress } from './find-daemon.ts';
import type { Session } from './session.ts';
import { parseJson } from './parse-json.ts';

/** The daemon answers from memory or with one short read; what takes longer hangs. */
const TIMEOUT_MS = 10_000;

/** `raw` is the document as it came, with fields that this version does not know. */
export interface Answer<T> {
  readonly raw: unknown;
  readonly data: T;
}

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
type Query = Readonly<Record<string, string | number | undefined>>;

interface Call<T extends z.ZodType> {
  readonly path: string;
  readonly answer: T;
  readonly query?: Query;
  /** Statuses that carry the answer, beside 200 and 201. */
  readonly alsoGood?: readonly number[];
  /** For what takes the daemon longer than an answer from memory. */
  readonly timeoutMs?: number;
}

/** The daemon's REST side. Every call throws a CliError where it does not get the answer that it asked for. */
export interface ApiClient {
  readonly url: string;
  get<T extends z.ZodType>(call: Call<T>): Promise<Answer<z.infer<T>>>;
  post<T extends z.ZodType>(
    call: Call<T> & { readonly body: object; readonly headers: Readonly<Record<string, string>> },
  ): Promise<Answer<z.infer<T>>>;
  patch: ApiClient['post'];
  delete: ApiClient['get'];
}

/**
 * @param need `optional`: the call works without a key too, and tells less.
 * @throws CliError `missing_api_key`.
 */
export function connectApi(session: Session, need: 'required' | 'optional' = 'required'): ApiClient {
  const daemon = findDaemon(session.environment);
  if (need === 'required') {
    requireKey(daemon);
  }
  const authorization = daemon.key === null ? {} : { authorization: `Bearer ${daemon.key}` };
  return {
    url: daemon.url,
    get: (call) => request(session, daemon.url, call, { method: 'GET', headers: { ...authorization } }),
    post: (call) => request(session, daemon.url, call, withBody('POST', call, authorization)),
    patch: (call) => request(session, daemon.url, call, withBody('PATCH', call, authorization)),
    delete: (call) => request(session, daemon.url, call, { method: 'DELETE', headers: { ...authorization } }),
  };
}

function withBody(
  method: 'POST' | 'PATCH',
  { body, headers }: { readonly body: object; readonly headers: Readonly<Record<string, string>> },
  authorization: Readonly<Record<string, string>>,
) {
  return {
    method,
    headers: { ...authorization, ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}

/** The key of an address. @throws CliError `missing_api_key`. */
export function requireKey(daemon: DaemonAddress): string {
  if (daemon.key === null) {
    throw new CliError(
      EXIT.auth,
      'missing_api_key',
      'There is no key to open the daemon with.',
      'The first `blueline run` makes one on its data folder (BLUELINE_HOME names another folder). For a daemon ' +
        'elsewhere make one there with `blueline keys create`, and set BLUELINE_API_KEY.',
    );
  }
  return daemon.key;
}

async function request<T extends z.ZodType>(
  session: Session,
  url: string,
  call: Call<T>,
  init: {
    readonly method: Method;
    readonly headers: Record<string, string>;
    readonly body?: string;
  },
): Promise<Answer<z.infer<T>>> {
  const { io, clock } = session;
  const abort = new AbortController();
  const stop = () => abort.abort();
  const timer = clock.after(call.timeoutMs ?? TIMEOUT_MS, stop);
  io.signal.addEventListener('abort', stop, { once: true });
  let status: number;
  let raw: unknown;
  try {
    io.signal.throwIfAborted();
    const response = await fetch(`${url}${call.path}${queryString(call.query)}`, {
      ...init,
      signal: abort.signal,
    });
    status = response.status;
    raw = parseJson(await response.text());
  } catch (error) {
    throw io.signal.aborted
      ? interruption(init.method === 'POST' ? MAYBE_ACCEPTED : '')
      : unreachable(url, error, init.method, call.timeoutMs);
  } finally {
    timer.cancel();
    io.signal.removeEventListener('abort', stop);
  }
  const isGood = status === 200 || status === 201 || call.alsoGood?.includes(status) === true;
  const parsed = isGood ? call.answer.safeParse(raw) : null;
  if (parsed?.success === true) {
    return { raw, data: parsed.data };
  }
  throw refusal(url, status, raw);
}

/** What an answer outside the expected means. */
export function refusal(url: string, status: number, raw: unknown): CliError {
  const parsed = errorSchema.safeParse(raw);
  if (!parsed.success) {
    return new CliError(
      EXIT.failure,
      'unexpected_answer',
      `What answers at ${url} does not speak as this version of Blueline does (status ${status}).`,
      'Check the address, and whether daemon and command are of the same version.',
    );
  }
  const { type, code, message, param } = parsed.data.error;
  return new CliError(
    exitOf(status, type, code),
    code,
    status === 400 && param !== undefined && !message.includes(param) ? `${message} (${param})` : message,
    adviceFor(code),
  );
}

/** Why no answer came. */
export function unreachable(
  url: string,
  error: unknown,
  method: Method = 'GET',
  timeoutMs = TIMEOUT_MS,
): CliError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = errorCode(cause);
  if (method === 'POST' && !CERTAINLY_NOT_SENT.has(code)) {
    return new CliError(
      EXIT.failure,
      'answer_lost',
      `The connection to ${url} broke before the answer came; ${MAYBE_ACCEPTED}.`,
      'Look with `blueline messages` before you send it again.',
    );
  }
  return new CliError(
    EXIT.environment,
    'daemon_unreachable',
    code === 'AbortError'
      ? `The daemon at ${url} did not answer within ${timeoutMs / 1000} s.`
      : `No daemon answers at ${url}${code.startsWith('E') ? ` (${code})` : ''}.`,
    'Start it with `blueline run`. BLUELINE_HOME names another data folder, BLUELINE_URL another address.',
  );
}

/** The person pressed Ctrl-C. */
export function interruption(whatIsKnown = ''): CliError {
  return new CliError(
    EXIT.interrupted,
    'interrupted',
    `Interrupted${whatIsKnown === '' ? '' : `; ${whatIsKnown}`}.`,
  );
}

const MAYBE_ACCEPTED = 'the text may have been accepted';

const CERTAINLY_NOT_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

function exitOf(status: number, type: string, code: string): ExitCode {
  if (type === 'authentication_error' || type === 'authorization_error') {
    return EXIT.auth;
  }
  if (type === 'policy_error' || type === 'rate_limit_error' || type === 'capability_error') {
    return EXIT.refused;
  }
  if (code === 'messages_unavailable' || code === 'bridge_stopping') {
    return EXIT.environment;
  }
  if (status === 404) {
    return EXIT.notFound;
  }
  return status >= 400 && status < 500 ? EXIT.usage : EXIT.failure;
}

function adviceFor(code: string): string | null {
  switch (code) {
    case 'invalid_api_key':
      return 'Set BLUELINE_API_KEY to a key that counts. cli.key is made anew when the daemon starts.';
    case 'insufficient_scope':
    case 'line_not_accessible':
      return 'Make a key that may do it: blueline keys create --name <name>';
    case 'outbox_item_not_found':
      return '`blueline outbox list` lists them.';
    case 'chat_not_found':
      return '`blueline chats` lists them.';
    case 'webhook_not_found':
      return '`blueline webhooks list` lists them.';
    case 'delivery_not_found':
      return '`blueline webhooks deliveries <id>` lists them.';
    case 'messages_unavailable':
      return '`blueline status` tells why.';
    default:
      return null;
  }
}

function queryString(query: Query = {}): string {
  const given = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`;
}
