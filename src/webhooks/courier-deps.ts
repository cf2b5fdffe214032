import type { Journal } from '../events/index.ts';
import type { Clock, Logger } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import type { DeliveryStore } from './delivery-store.ts';
import type { EndpointStore } from './endpoint-store.ts';
import type { Poster } from './post.ts';

/** What every courier works with. */
export interface CourierDeps {
  readonly store: Store;
  readonly endpoints: EndpointStore;
  readonly deliveries: DeliveryStore;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  readonly poster: Poster;
  readonly bridgeId: string;
  readonly userAgent: string;
  readonly newEventId: () => string;
  readonly timing: {
    readonly timeoutMs: number;
    readonly concurrency: number;
    readonly pausesMs: readonly number[];
    readonly disableAfterMs: number;
  };
}
