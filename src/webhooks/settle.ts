import { instant, type Instant } from '../domain/index.ts';
import type { CourierDeps } from './courier-deps.ts';
import {
  notSent,
  type Attempt,
  type DisableReason,
  type Endpoint,
  type EndpointRecord,
  type EndpointState,
  type Pending,
} from './endpoint.ts';
import type { Taken } from './lanes.ts';
import type { PostResult } from './post.ts';
import { judge, type Verdict } from './retry.ts';
import { secretsAt } from './sign.ts';

/** A receiver that failed for so long and then takes something is back: what waits for it need not wait longer. */
const BACK_AFTER_MS = 60_000;
/** While all goes well, the last success is kept at most so often. */
const SUCCESS_EVERY_MS = 10_000;
/** Nothing is tried again sooner, whatever its schedule says. */
const MIN_PAUSE_MS = 1_000;

/** What came of a delivery that was under way. */
export type Settled = { readonly attempt: Attempt; readonly result: PostResult } | 'expired';

interface Outcome {
  readonly record: EndpointRecord;
  readonly state: EndpointState;
  /** The delivery, if it is to be tried again. */
  readonly again: Pending | null;
  /** The receiver takes deliveries again, after it had not for a while. */
  readonly hasRecovered: boolean;
}

/** Keeps what came of an attempt, with all that follows from it, in one transaction. */
export function record(endpoint: Endpoint, taken: Taken, sent: Settled, deps: CourierDeps): Outcome {
  const now = deps.clock.now();
  if (sent === 'expired') {
    return expire(endpoint, taken.item, now, deps);
  }
  const { item, isEarly } = taken;
  const { settings, secrets } = endpoint;
  const isLenient = settings.profile === 'messages_dev' && secretsAt(secrets, now).length > 1;
  const verdict = judge(sent.result, item.step, deps.timing.pausesMs, now, isLenient);
  if (verdict.next === 'delivered') {
    return deliver(endpoint, item, sent.attempt, now, deps);
  }
  const attempt: Attempt = { ...sent.attempt, error: verdict.error };
  const first: Pending = { ...item, firstAt: item.firstAt ?? attempt.at };
  const failing = failingRecord(endpoint.record, attempt, verdict);
  if (isEarly && (verdict.next === 'retry' || verdict.why === 'exhausted')) {
    // Tried beside its schedule: that goes on as it was.
    const again = { ...first, nextAt: instant(Math.max(item.nextAt, now + MIN_PAUSE_MS)) };
    return retry(endpoint, again, attempt, failing, deps);
  }
  if (verdict.next === 'retry') {
    return retry(endpoint, { ...first, step: item.step + 1, nextAt: verdict.at }, attempt, failing, deps);
  }
  return fail(endpoint, first, attempt, failing, disableReason(endpoint, first, verdict, now, deps), deps);
}

function deliver(
  endpoint: Endpoint,
  item: Pending,
  attempt: Attempt,
  now: Instant,
  { store, deliveries, endpoints }: CourierDeps,
): Outcome {
  const { record: before } = endpoint;
  // A hold stays: what succeeds here was under way when it was asked for.
  const next: EndpointRecord = { ...before, lastSuccessAt: now, failingSince: null };
  const isWorthKeeping =
    before.failingSince !== null || now - (before.lastSuccessAt ?? 0) >= SUCCESS_EVERY_MS;
  store.transaction(() => {
    deliveries.delivered(endpoint.id, item.sequence, attempt);
    if (isWorthKeeping) {
      endpoints.saveRecord(endpoint.id, next);
    }
  }, 'soon');
  return {
    // What is in memory moves on with what is kept, so that every so often it is kept again.
    record: isWorthKeeping ? next : before,
    state: endpoint.state,
    again: null,
    hasRecovered: before.failingSince !== null && now - before.failingSince >= BACK_AFTER_MS,
  };
}

function retry(
  endpoint: Endpoint,
  again: Pending,
  attempt: Attempt,
  next: EndpointRecord,
  { store, deliveries, endpoints }: CourierDeps,
): Outcome {
  store.transaction(() => {
    deliveries.retry(endpoint.id, again.sequence, attempt, again);
    endpoints.saveRecord(endpoint.id, next);
  }, 'soon');
  return { record: next, state: endpoint.state, again, hasRecovered: false };
}

function fail(
  endpoint: Endpoint,
  item: Pending,
  attempt: Attempt,
  next: EndpointRecord,
  reason: DisableReason | null,
  { store, journal, clock, deliveries, endpoints, log }: CourierDeps,
): Outcome {
  const keep = () => {
    deliveries.failed(endpoint.id, item.sequence, attempt);
    endpoints.saveRecord(endpoint.id, next);
  };
  if (reason === null || endpoint.state.name !== 'active') {
    store.transaction(keep, 'soon');
    return { record: next, state: endpoint.state, again: null, hasRecovered: false };
  }
  const state: EndpointState = { name: 'disabled', since: clock.now(), reason };
  journal.write((append) => {
    keep();
    endpoints.saveState(endpoint.id, state, clock.now());
    append({
      type: 'webhook.disabled',
      webhook: endpoint.id,
      reason,
      failingSince: next.failingSince,
    });
  });
  log.warn({ webhookId: endpoint.id, reason }, 'A webhook was disabled');
  return { record: next, state, again: null, hasRecovered: false };
}

function expire(
  endpoint: Endpoint,
  item: Pending,
  now: Instant,
  { store, deliveries }: CourierDeps,
): Outcome {
  const attempt = notSent('event_expired', now);
  store.transaction(() => deliveries.failed(endpoint.id, item.sequence, attempt), 'soon');
  return { record: endpoint.record, state: endpoint.state, again: null, hasRecovered: false };
}

function failingRecord(
  before: EndpointRecord,
  attempt: Attempt,
  verdict: Exclude<Verdict, { next: 'delivered' }>,
): EndpointRecord {
  const holdUntil = Math.max(before.holdUntil ?? 0, verdict.next === 'retry' ? (verdict.holdUntil ?? 0) : 0);
  return {
    ...before,
    failingSince: before.failingSince ?? attempt.at,
    lastError: verdict.error,
    holdUntil: holdUntil === 0 ? null : instant(holdUntil),
  };
}

/**
 * Why the endpoint is not to be tried any more: it is gone, or one delivery was tried for its whole schedule without
 * any other getting through meanwhile, or nothing has got through for as long as the configuration says.
 */
function disableReason(
  { record: before }: Endpoint,
  item: Pending,
  verdict: Extract<Verdict, { next: 'failed' }>,
  now: Instant,
  { timing }: CourierDeps,
): DisableReason | null {
  if (verdict.why === 'gone') {
    return 'gone';
  }
  const hadSuccess = before.lastSuccessAt !== null && before.lastSuccessAt >= (item.firstAt ?? now);
  const hasFailedLong = before.failingSince !== null && now - before.failingSince >= timing.disableAfterMs;
  return (verdict.why === 'exhausted' && !hadSuccess) || hasFailedLong ? 'failing' : null;
}
