import { instant, type Instant } from '../domain/index.ts';
import type { AttemptError } from './endpoint.ts';
import type { PostResult } from './post.ts';

/** A receiver cannot hold a delivery back for longer than this. */
const MAX_RETRY_AFTER_MS = 86_400_000;
/** Each pause is up to a quarter shorter or longer. */
const JITTER = 0.25;
/** Client errors that time may cure: timeout, conflict, too early, too many requests. */
const PASSING_CLIENT_ERRORS: ReadonlySet<number> = new Set([408, 409, 425, 429]);
const GONE = 410;

/** What an attempt means for its delivery. */
export type Verdict =
  | { readonly next: 'delivered' }
  /** `holdUntil`: the receiver wants nothing at all before that moment. */
  | {
      readonly next: 'retry';
      readonly at: Instant;
      readonly error: AttemptError;
      readonly holdUntil: Instant | null;
    }
  | { readonly next: 'failed'; readonly error: AttemptError; readonly why: 'final' | 'exhausted' | 'gone' };

/**
 * Judges an attempt by Standard Webhooks' rules: 2xx alone is success, 410 ends the endpoint, other client errors that
 * time does not cure end the delivery, all else is tried again.
 * @param used how many of the pauses have been used up
 * @param pausesMs the pause before each retry
 * @param isLenient client errors are tried again too: the receiver may not know the new secret yet
 */
export function judge(
  result: PostResult,
  used: number,
  pausesMs: readonly number[],
  now: Instant,
  isLenient: boolean,
): Verdict {
  if (result.outcome === 'answered' && result.status >= 200 && result.status < 300) {
    return { next: 'delivered' };
  }
  const error = errorOf(result);
  const retryAfter = result.outcome === 'answered' ? retryAfterMs(result.retryAfter, now) : null;
  if (result.outcome === 'answered' && result.status === GONE) {
    return { next: 'failed', error, why: 'gone' };
  }
  if (result.outcome === 'answered' && isFinal(result.status) && !isLenient) {
    return { next: 'failed', error, why: 'final' };
  }
  const pause = pausesMs[used];
  if (pause === undefined) {
    return { next: 'failed', error, why: 'exhausted' };
  }
  const wait = Math.max(pause * (1 + JITTER * (Math.random() * 2 - 1)), retryAfter ?? 0);
  return {
    next: 'retry',
    at: instant(Math.round(now + wait)),
    error,
    holdUntil: retryAfter === null ? null : instant(now + retryAfter),
  };
}

function isFinal(status: number): boolean {
  return status >= 400 && status < 500 && !PASSING_CLIENT_ERRORS.has(status);
}

function errorOf(result: PostResult): AttemptError {
  if (result.outcome === 'failed') {
    return result.error;
  }
  return result.status >= 300 && result.status < 400 ? 'redirect_refused' : 'bad_status';
}

/** The wait that a `Retry-After` asks for (seconds, or a date), in ms; `null` where there is none, or no sense in it. */
function retryAfterMs(header: string | null, now: Instant): number | null {
  if (header === null) {
    return null;
  }
  const text = header.trim();
  const wait = /^\d+$/u.test(text) ? Number(text) * 1000 : Date.parse(text) - now;
  return wait > 0 ? Math.min(wait, MAX_RETRY_AFTER_MS) : null;
}
