import { sequence, type Sequence } from '../domain/index.ts';
import { BluelineError } from '../runtime/index.ts';
import type { Courier } from './courier.ts';
import type { CourierDeps } from './courier-deps.ts';
import type { NewDelivery } from './delivery-store.ts';
import type { Delivery } from './endpoint.ts';
import { entryAt, filterOf, MAX_PENDING, PAGE } from './read-journal.ts';
import type { Range } from './webhooks.ts';

export interface Replayed {
  /** How many deliveries are pending by it. */
  readonly count: number;
  /** There is more behind this event; `null` where the range is done. */
  readonly nextAfter: Sequence | null;
}

/** One delivery again, under the same ids. @throws BluelineError `event_expired` */
export function replayOne(courier: Courier | undefined, id: string, deps: CourierDeps): Delivery | null {
  const { journal, deliveries } = deps;
  const found = courier === undefined ? null : deliveries.get(courier.endpoint.id, id);
  if (courier === undefined || found === null) {
    return null;
  }
  const entry = entryAt(journal, found.sequence);
  const delivery = entry === null ? null : courier.toDelivery(entry);
  if (delivery?.id !== id) {
    throw new BluelineError('event_expired', 'The event is no longer kept.', {
      advice: 'Let the journal keep more (events.retention_days).',
    });
  }
  begin(courier, [delivery], deps);
  return deliveries.get(courier.endpoint.id, id);
}

/** The events of a range that are for an endpoint, whether or not it has had them. @throws BluelineError `webhook_backlog_full` */
export async function replayRange(
  courier: Courier | undefined,
  range: Range,
  limit: number,
  deps: CourierDeps,
): Promise<Replayed | null> {
  if (courier === undefined) {
    return null;
  }
  if (courier.pending >= MAX_PENDING) {
    throw new BluelineError('webhook_backlog_full', 'Too many deliveries of this webhook are pending.', {
      advice: 'Go on when some of them are done.',
    });
  }
  const { journal } = deps;
  const first = Math.max(
    range.after ?? 0,
    range.since === null ? 0 : journal.firstSince(range.since) - 1,
    journal.oldest() - 1,
  );
  const last = sequence(
    Math.min(
      range.to ?? journal.head(),
      range.until === null ? journal.head() : journal.firstSince(range.until) - 1,
      // What lies behind the cursor is on its way anyhow.
      courier.endpoint.cursor,
    ),
  );
  let after = sequence(first);
  let count = 0;
  while (after < last && count < limit) {
    const room = Math.min(PAGE, limit - count);
    const { found, scannedTo } = range.onlyFailed
      ? failedOf(courier, after, last, room, deps)
      : eventsOf(courier, after, last, room, deps);
    begin(courier, found, deps);
    count += found.length;
    after = scannedTo;
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { count, nextAfter: after < last ? after : null };
}

interface Found {
  readonly found: readonly NewDelivery[];
  readonly scannedTo: Sequence;
}

function eventsOf(
  courier: Courier,
  after: Sequence,
  last: Sequence,
  room: number,
  { journal }: CourierDeps,
): Found {
  const page = journal.read(after, Math.min(room, last - after), filterOf(courier.endpoint.settings));
  const found = page.entries
    .filter((entry) => entry.sequence <= last)
    .flatMap((entry) => courier.toDelivery(entry) ?? []);
  return { found, scannedTo: page.scannedTo === after ? last : page.scannedTo };
}

function failedOf(
  courier: Courier,
  after: Sequence,
  last: Sequence,
  room: number,
  { journal, deliveries }: CourierDeps,
): Found {
  const failed = deliveries.failedIn(courier.endpoint.id, after, last, room);
  const found = failed.flatMap((at) => {
    const entry = entryAt(journal, at);
    return entry === null ? [] : (courier.toDelivery(entry) ?? []);
  });
  return { found, scannedTo: failed.length < room ? last : (failed.at(-1) ?? last) };
}

function begin(
  courier: Courier,
  found: readonly NewDelivery[],
  { store, deliveries, clock }: CourierDeps,
): void {
  const now = clock.now();
  store.transaction(() => {
    for (const delivery of found) {
      deliveries.begin(courier.endpoint.id, delivery, now);
    }
  });
  courier.enqueue(found.map((delivery) => ({ ...delivery, step: 0, nextAt: now, firstAt: null })));
}
