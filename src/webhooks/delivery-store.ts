import { instant, sequence, type Instant, type Sequence } from '../domain/index.ts';
import type { Store } from '../store/index.ts';
import type { Attempt, Delivery, DeliveryState, Pending } from './endpoint.ts';

/** Of a delivery that is tried for ever (replayed again and again) the last attempts are kept. */
const KEPT_ATTEMPTS = 20;

interface Row {
  readonly webhook_id: string;
  readonly sequence: number;
  readonly id: string;
  readonly event_id: string;
  readonly event_type: string;
  readonly lane: string;
  readonly state: string;
  readonly step: number;
  readonly next_at: number;
  readonly first_at: number | null;
  readonly attempts: string;
  readonly created_at: number;
  readonly updated_at: number;
  readonly notice: string | null;
}

/** A delivery that is new, or begins anew. `notice` is the body of what no journal holds: that events are missing. */
export interface NewDelivery {
  readonly id: string;
  readonly sequence: Sequence;
  readonly eventId: string;
  readonly eventType: string;
  readonly lane: string;
  readonly notice: string | null;
}

/** Every delivery, pending or past: what is to be done, and the log of what was. One per endpoint and event. */
export interface DeliveryStore {
  /** Pending from now on; one that was there before is begun anew, and keeps its attempts. */
  begin(endpointId: string, delivery: NewDelivery, now: Instant): void;
  /** Listed as failed from the start. */
  insertFailed(endpointId: string, delivery: NewDelivery, attempt: Attempt): void;
  delivered(endpointId: string, sequence: Sequence, attempt: Attempt): void;
  failed(endpointId: string, sequence: Sequence, attempt: Attempt): void;
  retry(
    endpointId: string,
    sequence: Sequence,
    attempt: Attempt,
    plan: Pick<Pending, 'step' | 'nextAt' | 'firstAt'>,
  ): void;
  /** The pending ones of an endpoint, oldest event first. */
  pending(endpointId: string): readonly Pending[];
  notice(endpointId: string, sequence: Sequence): string | null;
  /** Newest event first. */
  list(
    endpointId: string,
    page: { readonly state: DeliveryState | null; readonly before: Sequence | null; readonly limit: number },
  ): readonly Delivery[];
  get(endpointId: string, id: string): Delivery | null;
  /** The sequences of failed ones after `after` and up to `to`, in order. */
  failedIn(endpointId: string, after: Sequence, to: Sequence, limit: number): readonly Sequence[];
  /** Removes past ones last touched before a moment; at most `limit`. */
  prune(before: Instant, limit: number): number;
  /** Takes what receivers answered from deliveries whose event has been erased: it may repeat what stood there. */
  eraseAnswers(): void;
  /** Removes those of an endpoint that is gone. */
  removeAll(endpointId: string): void;
}

export function createDeliveryStore({ db }: Store): DeliveryStore {
  const begin = db.prepare<
    [string, number, string, string, string, string, number, number, number, string | null]
  >(
    `INSERT INTO webhook_deliveries
       (webhook_id, sequence, id, event_id, event_type, lane, state, step, next_at, attempts, created_at, updated_at, notice)
     VALUES (?, ?, ?, ?, ?, ?, 'pending', 0, ?, '[]', ?, ?, ?)
     ON CONFLICT (webhook_id, sequence) DO UPDATE SET
       state = 'pending', step = 0, first_at = NULL, next_at = excluded.next_at, updated_at = excluded.updated_at`,
  );
  const end = db.prepare<[string, string, number, string, number]>(
    `UPDATE webhook_deliveries SET state = ?, attempts = ?, updated_at = ? WHERE webhook_id = ? AND sequence = ?`,
  );
  const retry = db.prepare<[number, number, number | null, string, number, string, number]>(
    `UPDATE webhook_deliveries SET step = ?, next_at = ?, first_at = ?, attempts = ?, updated_at = ?
     WHERE webhook_id = ? AND sequence = ?`,
  );
  const one = db.prepare<[string, number], Row>(
    'SELECT * FROM webhook_deliveries WHERE webhook_id = ? AND sequence = ?',
  );
  const byId = db.prepare<[string, string], Row>(
    'SELECT * FROM webhook_deliveries WHERE id = ? AND webhook_id = ?',
  );
  const pending = db.prepare<[string], Row>(
    `SELECT * FROM webhook_deliveries WHERE webhook_id = ? AND state = 'pending' ORDER BY sequence`,
  );
  const listAll = db.prepare<[string, number, number], Row>(
    'SELECT * FROM webhook_deliveries WHERE webhook_id = ? AND sequence < ? ORDER BY sequence DESC LIMIT ?',
  );
  const listState = db.prepare<[string, string, number, number], Row>(
    `SELECT * FROM webhook_deliveries WHERE webhook_id = ? AND state = ? AND sequence < ?
     ORDER BY sequence DESC LIMIT ?`,
  );
  const failedIn = db.prepare<[string, number, number, number], { sequence: number }>(
    `SELECT sequence FROM webhook_deliveries
     WHERE webhook_id = ? AND state = 'failed' AND notice IS NULL AND sequence > ? AND sequence <= ?
     ORDER BY sequence LIMIT ?`,
  );
  const prune = db.prepare<[number, number]>(
    `DELETE FROM webhook_deliveries WHERE id IN (
       SELECT id FROM webhook_deliveries WHERE state <> 'pending' AND updated_at < ? LIMIT ?)`,
  );
  const eraseAnswers = db.prepare(
    `UPDATE webhook_deliveries SET attempts =
       (SELECT json_group_array(json_set(value, '$.response', NULL)) FROM json_each(attempts))
     WHERE attempts LIKE '%"response":"%' AND sequence IN (SELECT sequence FROM journal WHERE type = 'event.erased')`,
  );
  const removeAll = db.prepare<[string]>('DELETE FROM webhook_deliveries WHERE webhook_id = ?');

  const attemptsWith = (endpointId: string, at: Sequence, attempt: Attempt): string => {
    const before = attemptsOf(one.get(endpointId, at)?.attempts ?? '[]');
    return JSON.stringify([...before, attempt].slice(-KEPT_ATTEMPTS));
  };
  const finish = (state: DeliveryState, endpointId: string, at: Sequence, attempt: Attempt): void => {
    end.run(
      state,
      attemptsWith(endpointId, at, attempt),
      instant(attempt.at + attempt.durationMs),
      endpointId,
      at,
    );
  };
  const insertPending = (endpointId: string, delivery: NewDelivery, now: Instant): void => {
    begin.run(
      endpointId,
      delivery.sequence,
      delivery.id,
      delivery.eventId,
      delivery.eventType,
      delivery.lane,
      now,
      now,
      now,
      delivery.notice,
    );
  };

  return {
    begin: insertPending,
    insertFailed: (endpointId, delivery, attempt) => {
      insertPending(endpointId, delivery, attempt.at);
      finish('failed', endpointId, delivery.sequence, attempt);
    },
    delivered: (endpointId, at, attempt) => finish('delivered', endpointId, at, attempt),
    failed: (endpointId, at, attempt) => finish('failed', endpointId, at, attempt),
    retry: (endpointId, at, attempt, plan) =>
      void retry.run(
        plan.step,
        plan.nextAt,
        plan.firstAt,
        attemptsWith(endpointId, at, attempt),
        attempt.at + attempt.durationMs,
        endpointId,
        at,
      ),
    pending: (endpointId) => pending.all(endpointId).map(toPending),
    notice: (endpointId, at) => one.get(endpointId, at)?.notice ?? null,
    list: (endpointId, { state, before, limit }) => {
      const below = before ?? Number.MAX_SAFE_INTEGER;
      const rows =
        state === null
          ? listAll.all(endpointId, below, limit)
          : listState.all(endpointId, state, below, limit);
      return rows.map(toDelivery);
    },
    get: (endpointId, id) => {
      const row = byId.get(id, endpointId);
      return row === undefined ? null : toDelivery(row);
    },
    failedIn: (endpointId, after, to, limit) =>
      failedIn.all(endpointId, after, to, limit).map((row) => sequence(row.sequence)),
    prune: (before, limit) => prune.run(before, limit).changes,
    eraseAnswers: () => void eraseAnswers.run(),
    removeAll: (endpointId) => void removeAll.run(endpointId),
  };
}

function toPending(row: Row): Pending {
  return {
    id: row.id,
    sequence: sequence(row.sequence),
    eventId: row.event_id,
    eventType: row.event_type,
    lane: row.lane,
    step: row.step,
    nextAt: instant(row.next_at),
    firstAt: row.first_at === null ? null : instant(row.first_at),
  };
}

function toDelivery(row: Row): Delivery {
  const state = stateOf(row.state);
  return {
    id: row.id,
    endpointId: row.webhook_id,
    sequence: sequence(row.sequence),
    eventId: row.event_id,
    eventType: row.event_type,
    state,
    attempts: attemptsOf(row.attempts),
    nextAt: state === 'pending' ? instant(row.next_at) : null,
    createdAt: instant(row.created_at),
    updatedAt: instant(row.updated_at),
  };
}

function stateOf(stored: string): DeliveryState {
  return stored === 'delivered' || stored === 'failed' ? stored : 'pending';
}

/** Written by this file alone. */
function attemptsOf(stored: string): readonly Attempt[] {
  const attempts: readonly Attempt[] = JSON.parse(stored);
  return attempts;
}
