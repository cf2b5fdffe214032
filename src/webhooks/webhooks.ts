import { instant, sequence, type Instant, type Sequence } from '../domain/index.ts';
import type { Journal } from '../events/index.ts';
import {
  BluelineError,
  createSortableIds,
  errorCode,
  type Clock,
  type Logger,
  type Timer,
} from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { Courier } from './courier.ts';
import type { CourierDeps } from './courier-deps.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createEndpointStore } from './endpoint-store.ts';
import {
  NEW_RECORD,
  notSent,
  type Attempt,
  type Delivery,
  type DeliveryState,
  type Endpoint,
  type EndpointSettings,
  type EndpointState,
} from './endpoint.ts';
import { notice, TEST_TYPE } from './notices.ts';
import { createPoster, type Resolve } from './post.ts';
import { replayOne, replayRange, type Replayed } from './replay.ts';
import { deliveryId } from './select-event.ts';
import { judge } from './retry.ts';
import { createSecret } from './sign.ts';
import { checkUrl, type TargetRules } from './targets.ts';

const MAX_ENDPOINTS = 50;
const PRUNE_EVERY_MS = 60_000;
/** Past deliveries removed at a time: others wait for the store meanwhile. */
const PRUNE_ROWS = 1_000;
/** A receiver that has failed for so long is worth a warning. */
const FAILING_AFTER_MS = 600_000;

export interface WebhookConfig {
  readonly rules: TargetRules;
  /** For a whole exchange with a receiver. */
  readonly timeoutMs: number;
  /** Deliveries under way at once, per endpoint. */
  readonly concurrency: number;
  /** The pause before each retry. */
  readonly pausesMs: readonly number[];
  /** Nothing got through for so long: the next failure disables the endpoint. */
  readonly disableAfterMs: number;
  /** How long past deliveries are listed. */
  readonly logMs: number;
  /** How long both secrets sign after a rotation, unless it says otherwise. */
  readonly overlapMs: number;
}

/** An endpoint as others see it: without its secrets. */
export type EndpointView = Omit<Endpoint, 'secrets'> & {
  /** Until when the secret of before signs too. */
  readonly previousSecretUntil: Instant | null;
  /** Deliveries that are not at their end. */
  readonly pending: number;
};

export interface Range {
  /** Events after this one. */
  readonly after: Sequence | null;
  /** Up to this one. */
  readonly to: Sequence | null;
  /** Journalled at this moment or later. */
  readonly since: Instant | null;
  /** Journalled before. */
  readonly until: Instant | null;
  readonly onlyFailed: boolean;
}

/** The endpoints that events are posted to, and what became of each delivery. Unknown ids give `null`. */
export interface Webhooks {
  start(): void;
  stop(): Promise<void>;
  /**
   * Events from now on. The secret is shown this once.
   * @throws BluelineError `webhook_url_not_allowed`, `too_many_webhooks`
   */
  create(settings: EndpointSettings): { readonly endpoint: EndpointView; readonly secret: string };
  /** Oldest first. */
  list(): readonly EndpointView[];
  get(id: string): EndpointView | null;
  /** @throws BluelineError `webhook_url_not_allowed` */
  update(id: string, change: Partial<EndpointSettings>): EndpointView | null;
  /** Stops what it gets, or lets it go on where it was; `skipMissed` leaves out what has gathered meanwhile. */
  setActive(id: string, isActive: boolean, skipMissed: boolean): EndpointView | null;
  /** A new secret; that of before signs too for so long. */
  rotate(
    id: string,
    overlapMs: number | null,
  ): { readonly endpoint: EndpointView; readonly secret: string } | null;
  remove(id: string): Promise<boolean>;
  /** Sends a test event once, now, and tells what came of it. */
  test(id: string): Promise<Attempt | null>;
  /** Newest event first. */
  deliveries(
    id: string,
    page: { readonly state: DeliveryState | null; readonly before: Sequence | null; readonly limit: number },
  ): readonly Delivery[];
  delivery(id: string, deliveryId: string): Delivery | null;
  /** What receivers answered to events that have been erased is erased, too. */
  eraseAnswers(): void;
  /** @throws BluelineError `event_expired` where the journal no longer holds the event */
  replay(id: string, deliveryId: string): Delivery | null;
  /** Makes up to `limit` events of a range pending again, or for the first time. */
  replayRange(id: string, range: Range, limit: number): Promise<Replayed | null>;
  /** What health wants to know. */
  stats(): { readonly disabled: readonly string[]; readonly failing: readonly string[] };
}

export function createWebhooks(options: {
  readonly store: Store;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bridgeId: string;
  readonly version: string;
  readonly config: WebhookConfig;
  readonly resolve?: Resolve;
}): Webhooks {
  const { store, journal, clock, log, bridgeId, version, config } = options;
  const endpoints = createEndpointStore(store);
  const deliveries = createDeliveryStore(store);
  const nextId = createSortableIds();
  const poster = createPoster({
    clock,
    rules: config.rules,
    ...(options.resolve === undefined ? {} : { resolve: options.resolve }),
  });
  const deps: CourierDeps = {
    store,
    endpoints,
    deliveries,
    journal,
    clock,
    log,
    poster,
    bridgeId,
    userAgent: `Blueline/${version}`,
    newEventId: () => `evt_${nextId(clock.now())}`,
    timing: config,
  };
  const couriers = new Map<string, Courier>();
  let pruning: Timer | null = null;
  let isStarted = false;

  const open = (endpoint: Endpoint): Courier => {
    const courier = new Courier(endpoint, deps);
    couriers.set(endpoint.id, courier);
    if (isStarted) {
      courier.start();
    }
    return courier;
  };
  for (const endpoint of endpoints.all()) {
    open(endpoint);
  }
  const unlisten = journal.onAppend(() => couriers.forEach((courier) => courier.wake()));

  const setActive = (courier: Courier, isActive: boolean, skipMissed: boolean): void => {
    const { id, cursor, state: before } = courier.endpoint;
    const now = clock.now();
    const state: EndpointState = isActive ? { name: 'active' } : { name: 'paused', since: now };
    if (!isActive) {
      endpoints.saveState(id, state, now);
      courier.change({ ...courier.endpoint, state, updatedAt: now });
      return;
    }
    if (before.name === 'active') {
      return;
    }
    const next = {
      state,
      updatedAt: now,
      cursor: skipMissed ? journal.head() : cursor,
      record: unburdened(courier.endpoint),
    };
    const skipped = skipMissed ? courier.waiting() : [];
    store.transaction(() => {
      for (const item of skipped) {
        deliveries.failed(id, item.sequence, notSent('skipped', now));
      }
      endpoints.saveCursor(id, next.cursor);
      endpoints.saveState(id, state, now);
      endpoints.saveRecord(id, next.record);
    });
    if (skipMissed) {
      courier.dropWaiting();
    }
    courier.revive(next);
  };

  return {
    start: () => {
      isStarted = true;
      couriers.forEach((courier) => courier.start());
      pruning = clock.every(PRUNE_EVERY_MS, () => {
        try {
          deliveries.prune(instant(clock.now() - config.logMs), PRUNE_ROWS);
        } catch (error) {
          log.warn({ code: errorCode(error) }, 'Old deliveries could not be removed; it is tried again');
        }
      });
    },
    stop: async () => {
      unlisten();
      pruning?.cancel();
      await Promise.all([...couriers.values()].map((courier) => courier.stop()));
      poster.close();
    },

    create: (settings) => {
      demandUrl(settings.url, config.rules);
      if (couriers.size >= MAX_ENDPOINTS) {
        throw new BluelineError('too_many_webhooks', `There are ${MAX_ENDPOINTS} webhooks already.`, {
          advice: 'Delete one that is no longer needed.',
        });
      }
      const now = clock.now();
      const secret = createSecret();
      const endpoint: Endpoint = {
        id: `whk_${nextId(now)}`,
        settings,
        state: { name: 'active' },
        secrets: { current: secret, previous: null },
        record: NEW_RECORD,
        cursor: journal.head(),
        createdAt: now,
        updatedAt: now,
      };
      endpoints.insert(endpoint);
      return { endpoint: view(open(endpoint)), secret };
    },

    list: () => [...couriers.values()].map(view),
    get: (id) => seen(couriers.get(id)),

    update: (id, change) => {
      const courier = couriers.get(id);
      if (courier === undefined) {
        return null;
      }
      const settings = { ...courier.endpoint.settings, ...change };
      demandUrl(settings.url, config.rules);
      const isElsewhere = settings.url !== courier.endpoint.settings.url;
      const updatedAt = clock.now();
      // How the receiver of before was doing says nothing of this one.
      const record = isElsewhere ? unburdened(courier.endpoint) : courier.endpoint.record;
      store.transaction(() => {
        endpoints.saveSettings(id, settings, updatedAt);
        endpoints.saveRecord(id, record);
      });
      courier.change({ ...courier.endpoint, settings, updatedAt });
      if (isElsewhere) {
        courier.revive({ ...courier.endpoint, record });
      }
      return view(courier);
    },

    setActive: (id, isActive, skipMissed) => {
      const courier = couriers.get(id);
      if (courier !== undefined) {
        setActive(courier, isActive, skipMissed);
      }
      return seen(courier);
    },

    rotate: (id, overlapMs) => {
      const courier = couriers.get(id);
      if (courier === undefined) {
        return null;
      }
      const now = clock.now();
      const overlap = overlapMs ?? config.overlapMs;
      const { current } = courier.endpoint.secrets;
      const secrets = {
        current: createSecret(),
        previous: overlap === 0 ? null : { secret: current, until: instant(now + overlap) },
      };
      endpoints.saveSecrets(id, secrets, now);
      courier.change({ ...courier.endpoint, secrets, updatedAt: now });
      return { endpoint: view(courier), secret: secrets.current };
    },

    remove: async (id) => {
      const courier = couriers.get(id);
      if (courier === undefined) {
        return false;
      }
      store.transaction(() => {
        endpoints.remove(id);
        deliveries.removeAll(id);
      });
      couriers.delete(id);
      await courier.discard();
      return true;
    },

    test: async (id) => {
      const courier = couriers.get(id);
      if (courier === undefined) {
        return null;
      }
      const eventId = deps.newEventId();
      const json = notice({
        type: TEST_TYPE,
        id: eventId,
        at: clock.now(),
        sequence: sequence(0),
        bridgeId,
        data: { webhook_id: id },
      });
      const sent = await courier.send({ id: deliveryId(id, eventId), eventId, step: 0 }, json);
      if (sent === null) {
        return null;
      }
      const verdict = judge(sent.result, 0, [0], clock.now(), false);
      return { ...sent.attempt, error: verdict.next === 'delivered' ? null : verdict.error };
    },

    deliveries: (id, page) => deliveries.list(id, page),
    delivery: (id, wanted) => deliveries.get(id, wanted),
    eraseAnswers: () => deliveries.eraseAnswers(),
    replay: (id, wanted) => replayOne(couriers.get(id), wanted, deps),
    replayRange: (id, range, limit) => replayRange(couriers.get(id), range, limit, deps),

    stats: () => {
      const now = clock.now();
      const all = [...couriers.values()].map(({ endpoint }) => endpoint);
      return {
        disabled: all.filter(({ state }) => state.name === 'disabled').map(({ id }) => id),
        failing: all
          .filter(
            ({ state, record: { failingSince } }) =>
              state.name === 'active' && failingSince !== null && now - failingSince >= FAILING_AFTER_MS,
          )
          .map(({ id }) => id),
      };
    },
  };

  function seen(courier: Courier | undefined): EndpointView | null {
    return courier === undefined ? null : view(courier);
  }

  function view(courier: Courier): EndpointView {
    const { secrets, ...rest } = courier.endpoint;
    const { previous } = secrets;
    const previousSecretUntil = previous !== null && previous.until > clock.now() ? previous.until : null;
    return { ...rest, previousSecretUntil, pending: courier.pending };
  }
}

/** The record of an endpoint that begins afresh. */
function unburdened({ record }: Endpoint): Endpoint['record'] {
  return { ...record, failingSince: null, holdUntil: null };
}

/** @throws BluelineError `webhook_url_not_allowed` with what is wrong as its message */
function demandUrl(url: string, rules: TargetRules): void {
  const checked = checkUrl(url, rules);
  if ('problem' in checked) {
    throw new BluelineError('webhook_url_not_allowed', checked.problem);
  }
}
