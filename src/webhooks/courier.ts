import { instant, sequence, type Sequence } from '../domain/index.ts';
import { errorCode, Pulse, sleep, superviseLoop, type Timer } from '../runtime/index.ts';
import type { CourierDeps } from './courier-deps.ts';
import type { NewDelivery } from './delivery-store.ts';
import { notSent, type Attempt, type Endpoint, type Pending } from './endpoint.ts';
import { Lanes, type Taken } from './lanes.ts';
import { GAP_TYPE, notice } from './notices.ts';
import { payload } from './payload.ts';
import type { PostResult } from './post.ts';
import { entryAt, filterOf, MAX_PENDING, PAGE } from './read-journal.ts';
import { deliveryId, isForWebhooks, laneOf, parseEvent } from './select-event.ts';
import { record, type Settled } from './settle.ts';
import { secretsAt, signedHeaders } from './sign.ts';

/** A cursor that moved past nothing but other people's events is kept after so many, or so long. */
const CURSOR_EVENTS = 1_000;
const CURSOR_MS = 3_600_000;
/** How soon what came of a delivery is recorded again, where the store would not take it. */
const RECORD_AGAIN_MS = 1_000;
/** How long deliveries that are under way may take at the stop. */
const STOP_GRACE_MS = 2_000;

/**
 * Brings one endpoint its events: reads on in the journal from the endpoint's own cursor, makes a delivery of each event
 * that is for it, and sends those, some at a time, one after the other in each chat. What it has begun outlives the
 * process; what was under way at a crash is sent again under the same ids.
 */
export class Courier {
  #endpoint: Endpoint;
  readonly #deps: CourierDeps;
  readonly #lanes = new Lanes();
  readonly #pulse = new Pulse();
  readonly #ending = new AbortController();
  readonly #cut = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #timer: Timer | null = null;
  #loop: Promise<void> = Promise.resolve();
  #savedCursor: Sequence;
  #savedAt: number;

  constructor(endpoint: Endpoint, deps: CourierDeps) {
    this.#endpoint = endpoint;
    this.#deps = deps;
    this.#savedCursor = endpoint.cursor;
    this.#savedAt = deps.clock.now();
  }

  get endpoint(): Endpoint {
    return this.#endpoint;
  }

  /** Deliveries that are not at their end. */
  get pending(): number {
    return this.#lanes.size;
  }

  start(): void {
    this.enqueue(this.#deps.deliveries.pending(this.#endpoint.id));
    this.#loop = superviseLoop({
      name: 'webhook',
      clock: this.#deps.clock,
      log: this.#deps.log,
      signal: this.#ending.signal,
      body: (signal) => this.#pump(signal),
      // What woke it has not been done.
      onFailure: () => this.wake(),
    });
  }

  /** Lets what is under way end, briefly; what does not counts as never begun. */
  async stop(): Promise<void> {
    this.#ending.abort();
    this.#timer?.cancel();
    const cut = this.#deps.clock.after(STOP_GRACE_MS, () => this.#cut.abort());
    await Promise.all([this.#loop, ...this.#running]);
    cut.cancel();
    try {
      if (this.#savedCursor !== this.#endpoint.cursor) {
        this.#deps.endpoints.saveCursor(this.#endpoint.id, this.#endpoint.cursor);
      }
    } catch (error) {
      // Between the two lies nothing that was for this endpoint: it is read again, and the others stop as well.
      this.#deps.log.warn(
        { webhookId: this.#endpoint.id, code: errorCode(error) },
        'A cursor could not be kept',
      );
    }
  }

  /** Ends at once: the endpoint is gone, and its cursor with it. */
  async discard(): Promise<void> {
    this.#savedCursor = this.#endpoint.cursor;
    this.#cut.abort();
    await this.stop();
  }

  wake(): void {
    this.#pulse.trigger();
  }

  /** The endpoint as it has been changed in the store; its cursor and its record stay what they are here. */
  change(endpoint: Pick<Endpoint, 'settings' | 'state' | 'secrets' | 'updatedAt'>): void {
    this.#endpoint = { ...this.#endpoint, ...endpoint };
    this.wake();
  }

  /** It begins afresh: what waits is tried at once. */
  revive({
    state,
    updatedAt,
    record,
    cursor,
  }: Omit<Endpoint, 'id' | 'settings' | 'secrets' | 'createdAt'>): void {
    this.#endpoint = { ...this.#endpoint, state, updatedAt, record, cursor };
    this.#lanes.bringForward(this.#deps.clock.now());
    this.wake();
  }

  /** Takes on what the store holds as pending. */
  enqueue(items: readonly Pending[]): void {
    for (const item of items) {
      this.#lanes.add(item);
    }
    this.wake();
  }

  /** What is neither at its end nor under way. */
  waiting(): readonly Pending[] {
    return this.#lanes.waiting();
  }

  /** Forgets what waits; those under way end. */
  dropWaiting(): void {
    this.#lanes.clear();
  }

  /** Signs a body and sends it once. */
  async send(
    item: Pick<Pending, 'id' | 'eventId' | 'step'>,
    json: string,
  ): Promise<{ readonly attempt: Attempt; readonly result: PostResult } | null> {
    const { clock, poster, userAgent, timing } = this.#deps;
    const { settings, secrets } = this.#endpoint;
    const at = clock.now();
    const body = payload(settings.profile, { json, deliveryId: item.id, at });
    const headers = signedHeaders({
      profile: settings.profile,
      secrets: secretsAt(secrets, at),
      eventId: item.eventId,
      deliveryId: item.id,
      at,
      body,
      attempt: item.step,
    });
    const result = await poster.post({
      url: new URL(settings.url),
      headers: { 'content-type': 'application/json', 'user-agent': userAgent, ...headers },
      body,
      timeoutMs: timing.timeoutMs,
      signal: this.#cut.signal,
    });
    if (result === null) {
      return null;
    }
    const isAnswered = result.outcome === 'answered';
    const attempt: Attempt = {
      at,
      durationMs: Math.max(0, clock.now() - at),
      status: isAnswered ? result.status : null,
      error: null,
      response: isAnswered && result.body !== '' ? result.body : null,
    };
    return { attempt, result };
  }

  async #pump(signal: AbortSignal): Promise<void> {
    await this.#pulse.wait(signal);
    for (let hasMore = true; hasMore && !signal.aborted && this.#isActive();) {
      hasMore = this.#readPage();
      this.#launch();
      // Others have their turn after each page, and after each round of deliveries.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!signal.aborted) {
      this.#setTimer();
    }
  }

  #isActive(): boolean {
    return this.#endpoint.state.name === 'active';
  }

  /** Makes deliveries of the next events. Returns whether there may be more to read now. */
  #readPage(): boolean {
    const { journal, clock } = this.#deps;
    const { cursor, settings } = this.#endpoint;
    if (this.#lanes.size >= MAX_PENDING || cursor >= journal.head()) {
      return false;
    }
    const oldest = journal.oldest();
    if (cursor < oldest - 1) {
      this.#noteGap(sequence(cursor + 1), sequence(oldest - 1));
      return true;
    }
    const page = journal.read(cursor, PAGE, filterOf(settings));
    const fresh = page.entries.flatMap((entry) => this.toDelivery(entry) ?? []);
    const now = clock.now();
    const isDue =
      fresh.length > 0 ||
      page.scannedTo - this.#savedCursor >= CURSOR_EVENTS ||
      now - this.#savedAt >= CURSOR_MS;
    if (isDue) {
      this.#begin(fresh, page.scannedTo);
    }
    this.#endpoint = { ...this.#endpoint, cursor: page.scannedTo };
    return true;
  }

  /** The delivery that an event gives; `null` for one that webhooks leave out. */
  toDelivery(entry: { readonly sequence: Sequence; readonly json: string }): NewDelivery | null {
    const event = parseEvent(entry.json);
    if (!isForWebhooks(event, this.#endpoint.settings.includeBackfilled)) {
      return null;
    }
    return {
      id: deliveryId(this.#endpoint.id, event.id),
      sequence: entry.sequence,
      eventId: event.id,
      eventType: event.type,
      lane: laneOf(event),
      notice: null,
    };
  }

  /** Deliveries and cursor in one transaction. A loss of power may take back both, never one. */
  #begin(fresh: readonly NewDelivery[], cursor: Sequence): void {
    const { store, deliveries, endpoints, clock } = this.#deps;
    const { id } = this.#endpoint;
    const now = clock.now();
    store.transaction(() => {
      for (const delivery of fresh) {
        deliveries.begin(id, delivery, now);
      }
      endpoints.saveCursor(id, cursor);
    }, 'soon');
    this.#savedCursor = cursor;
    this.#savedAt = now;
    for (const delivery of fresh) {
      this.#lanes.add({ ...delivery, step: 0, nextAt: now, firstAt: null });
    }
  }

  /** Events that the endpoint still needed are no longer kept: it is told, as far as its profile has words for it. */
  #noteGap(from: Sequence, to: Sequence): void {
    const { store, deliveries, endpoints, clock, bridgeId, log } = this.#deps;
    const { id, settings } = this.#endpoint;
    const at = clock.now();
    const eventId = this.#deps.newEventId();
    const delivery: NewDelivery = {
      id: deliveryId(id, eventId),
      sequence: to,
      eventId,
      eventType: GAP_TYPE,
      lane: GAP_TYPE,
      notice: notice({
        type: GAP_TYPE,
        id: eventId,
        at,
        sequence: to,
        bridgeId,
        data: { from, to, reason: 'retention' },
      }),
    };
    const isTold = settings.profile === 'standard';
    const next = { ...this.#endpoint.record, lastGap: { from, to, at } };
    store.transaction(() => {
      if (isTold) {
        deliveries.begin(id, delivery, at);
      } else {
        deliveries.insertFailed(id, delivery, notSent('event_expired', at));
      }
      endpoints.saveCursor(id, to);
      endpoints.saveRecord(id, next);
    }, 'soon');
    this.#savedCursor = to;
    this.#endpoint = { ...this.#endpoint, cursor: to, record: next };
    if (isTold) {
      this.#lanes.add({ ...delivery, step: 0, nextAt: at, firstAt: null });
    }
    log.warn({ webhookId: id, from, to }, 'Events that a webhook still needed are no longer kept');
  }

  #launch(): void {
    const { clock, timing } = this.#deps;
    while (this.#running.size < timing.concurrency && this.#isActive()) {
      const now = clock.now();
      const { holdUntil } = this.#endpoint.record;
      const taken = holdUntil !== null && holdUntil > now ? null : this.#lanes.take(now);
      if (taken === null) {
        return;
      }
      const run = this.#deliver(taken).finally(() => {
        this.#running.delete(run);
        this.wake();
      });
      this.#running.add(run);
    }
  }

  async #deliver(taken: Taken): Promise<void> {
    const { item } = taken;
    const { clock, log } = this.#deps;
    try {
      const json = this.#read(item);
      const sent = json === null ? 'expired' : await this.send(item, json);
      if (sent !== null) {
        await this.#keep(taken, sent);
      }
    } catch (error) {
      log.warn({ webhookId: this.#endpoint.id, code: errorCode(error) }, 'A delivery could not be begun');
      this.#lanes.again({ ...item, nextAt: instant(clock.now() + RECORD_AGAIN_MS) });
    }
  }

  /** Until the store takes what came of it: the receiver gets nothing again because of a full disk. */
  async #keep(taken: Taken, sent: Settled): Promise<void> {
    const { signal } = this.#ending;
    while (!this.#settle(taken, sent) && !signal.aborted) {
      await sleep(this.#deps.clock, RECORD_AGAIN_MS, signal);
    }
  }

  /** The event's own text; `null` if it is no longer kept. */
  #read(item: Pending): string | null {
    const { journal, deliveries } = this.#deps;
    if (item.eventType === GAP_TYPE) {
      return deliveries.notice(this.#endpoint.id, item.sequence);
    }
    return entryAt(journal, item.sequence)?.json ?? null;
  }

  /** Keeps what came of it; `false`, and nothing has changed, where the store would not. */
  #settle(taken: Taken, sent: Settled): boolean {
    const { clock, log } = this.#deps;
    let settled: ReturnType<typeof record>;
    try {
      settled = record(this.#endpoint, taken, sent, this.#deps);
    } catch (error) {
      log.warn({ webhookId: this.#endpoint.id, code: errorCode(error) }, 'A delivery could not be recorded');
      return false;
    }
    this.#endpoint = { ...this.#endpoint, record: settled.record, state: settled.state };
    if (settled.again === null) {
      this.#lanes.done(taken.item);
    } else {
      this.#lanes.again(settled.again);
    }
    if (settled.hasRecovered) {
      this.#lanes.bringForward(clock.now());
    }
    return true;
  }

  /** Wakes when the next retry is due. */
  #setTimer(): void {
    this.#timer?.cancel();
    this.#timer = null;
    const { clock, timing } = this.#deps;
    const due = this.#lanes.nextDueAt();
    if (due === null || !this.#isActive()) {
      return;
    }
    const at = Math.max(due, this.#endpoint.record.holdUntil ?? 0);
    if (at > clock.now()) {
      this.#timer = clock.after(at - clock.now(), () => this.wake());
    } else if (this.#running.size < timing.concurrency) {
      // It became due since deliveries were last begun; with no place free, the end of one wakes as well.
      this.wake();
    }
  }
}
