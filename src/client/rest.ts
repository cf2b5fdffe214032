import type { z } from 'zod';
import { errorSchema } from '../contract/index.ts';
import { ApiError, codeOf, ConnectionError } from './errors.ts';
import { parseJson } from './parse-json.ts';
import { backoff, pause, type Timers } from './timers.ts';

export interface RestOptions {
  /** Of the bridge, such as `http://127.0.0.1:5463`. */
  readonly url: string;
  readonly key: string | null;
  readonly timers: Timers;
  readonly fetch: typeof fetch;
  /** Tries after the first; 4 if left out. */
  readonly retries: number;
  /** For one try; 30 s if left out. */
  readonly timeoutMs: number;
  /** Longer waits that the bridge asks for are not waited for, but told; 60 s if left out. */
  readonly maxWaitMs: number;
}

export interface Call<T extends z.ZodType> {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly answer: T;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  /** Under which a request that changes something can be repeated; without it, it is tried once. */
  readonly idempotencyKey?: string;
  /** Statuses that carry the answer, beside 2xx. */
  readonly alsoGood?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** Passing trouble, of the network or of the bridge. Other answers stay what they are, however often one asks. */
const RETRIED: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);
/** Errors of a connection that never carried a byte. */
const NEVER_SENT: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);

type Try<T> =
  | { readonly end: 'answered'; readonly answer: T }
  | { readonly end: 'failed'; readonly error: ApiError | ConnectionError; readonly retryInMs: number | null };

/**
 * One request of REST, tried again where that is safe and makes sense: after a lost connection, 408, 429 and 5xx, no
 * sooner than `Retry-After` says, never where `x-should-retry` says no.
 * @throws ApiError, ConnectionError, or the signal's reason
 */
export async function request<T extends z.ZodType>(
  options: RestOptions,
  call: Call<T>,
): Promise<z.output<T>> {
  const { timers, maxWaitMs } = options;
  const isSafe = call.method !== 'POST' || call.idempotencyKey !== undefined;
  let hasArrived = false;
  for (let attempt = 1; ; attempt += 1) {
    call.signal?.throwIfAborted();
    const result = await tryOnce(options, call);
    if (result.end === 'answered') {
      return result.answer;
    }
    const { error, retryInMs } = result;
    hasArrived ||= error.mayHaveArrived;
    const waitMs = retryInMs === null ? null : Math.max(retryInMs, backoff(attempt, 500, 15_000));
    if (!isSafe || waitMs === null || waitMs > maxWaitMs || attempt > options.retries) {
      throw hasArrived ? afterLostTries(error) : error;
    }
    await pause(timers, waitMs, call.signal);
  }
}

/** An earlier try may have got through even where the last certainly did not. */
function afterLostTries(error: ApiError | ConnectionError): ApiError | ConnectionError {
  return error instanceof ApiError
    ? new ApiError(error.status, error.detail, error.requestId, true)
    : new ConnectionError(error.code, error.message, true, error.cause);
}

async function tryOnce<T extends z.ZodType>(options: RestOptions, call: Call<T>): Promise<Try<z.output<T>>> {
  const abort = new AbortController();
  const stop = () => abort.abort();
  const timer = options.timers.after(options.timeoutMs, stop);
  call.signal?.addEventListener('abort', stop, { once: true });
  try {
    const response = await options.fetch(urlOf(options.url, call), {
      method: call.method,
      headers: headersOf(options, call),
      signal: abort.signal,
      redirect: 'error',
      ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    });
    const raw = parseJson(await response.text());
    return judge(response, raw, call);
  } catch (error) {
    call.signal?.throwIfAborted();
    const code = abort.signal.aborted ? 'timeout' : codeOf(error);
    const message = `No answer came from the bridge (${code}).`;
    return {
      end: 'failed',
      error: new ConnectionError(code, message, !NEVER_SENT.has(code), error),
      retryInMs: 0,
    };
  } finally {
    timer.cancel();
    call.signal?.removeEventListener('abort', stop);
  }
}

function judge<T extends z.ZodType>(response: Response, raw: unknown, call: Call<T>): Try<z.output<T>> {
  const isGood = response.ok || call.alsoGood?.includes(response.status) === true;
  if (isGood) {
    const parsed = call.answer.safeParse(raw);
    return parsed.success
      ? { end: 'answered', answer: parsed.data }
      : {
          end: 'failed',
          error: new ConnectionError(
            'unexpected_answer',
            'What answers there does not speak as this client does.',
            true,
          ),
          retryInMs: null,
        };
  }
  const parsed = errorSchema.safeParse(raw);
  const error = new ApiError(
    response.status,
    parsed.success
      ? parsed.data.error
      : { type: 'bridge_error', code: `status_${response.status}`, message: `Status ${response.status}.` },
    parsed.success ? parsed.data.request_id : null,
  );
  const mayRetry =
    RETRIED.has(response.status) && response.headers.get('x-should-retry')?.toLowerCase() !== 'false';
  return { end: 'failed', error, retryInMs: mayRetry ? waitOf(response, error) : null };
}

/** Milliseconds that the bridge asks to wait, by header or body; 0 where it says nothing. */
function waitOf(response: Response, error: ApiError): number {
  const header = response.headers.get('retry-after');
  if (header !== null && /^\d{1,9}$/u.test(header)) {
    return Number(header) * 1000;
  }
  return (error.detail.retry_after ?? 0) * 1000;
}

function headersOf(
  { key }: RestOptions,
  { body, idempotencyKey }: Pick<Call<z.ZodType>, 'body' | 'idempotencyKey'>,
): Record<string, string> {
  return {
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }),
  };
}

function urlOf(base: string, { path, query }: Pick<Call<z.ZodType>, 'path' | 'query'>): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) {
      parameters.set(name, String(value));
    }
  }
  const asked = parameters.toString();
  return `${base.replace(/\/+$/u, '')}${path}${asked === '' ? '' : `?${asked}`}`;
}
