import type { toWireAttempt, toWireDelivery, toWireWebhook } from '../contract/index.ts';
import type { Instant, Sequence } from '../domain/index.ts';

type EndpointView = Parameters<typeof toWireWebhook>[0];
type Settings = EndpointView['settings'];
type Delivery = Parameters<typeof toWireDelivery>[0];

interface Made {
  readonly endpoint: EndpointView;
  /** Shown this once. */
  readonly secret: string;
}

/** The endpoints that events are posted to. Every call gives `null` for an id that there is not. */
export interface WebhooksPort {
  /** @throws BluelineError `webhook_url_not_allowed`, `too_many_webhooks` */
  create(settings: Settings): Made;
  /** Oldest first. */
  list(): readonly EndpointView[];
  get(id: string): EndpointView | null;
  /** @throws BluelineError `webhook_url_not_allowed` */
  update(id: string, change: Partial<Settings>): EndpointView | null;
  /** `skipMissed` leaves out what has gathered meanwhile. */
  setActive(id: string, isActive: boolean, skipMissed: boolean): EndpointView | null;
  /** @param overlapMs how long the secret of before signs too; `null` as the configuration says */
  rotate(id: string, overlapMs: number | null): Made | null;
  remove(id: string): Promise<boolean>;
  /** Sends a test event once, now; also `null` where the bridge is stopping. */
  test(id: string): Promise<Parameters<typeof toWireAttempt>[0] | null>;
  /** Newest event first. */
  deliveries(
    id: string,
    page: {
      readonly state: Delivery['state'] | null;
      readonly before: Sequence | null;
      readonly limit: number;
    },
  ): readonly Delivery[];
  delivery(id: string, deliveryId: string): Delivery | null;
  /** @throws BluelineError `event_expired` */
  replay(id: string, deliveryId: string): Delivery | null;
  /** @throws BluelineError `webhook_backlog_full` */
  replayRange(
    id: string,
    range: {
      readonly after: Sequence | null;
      readonly to: Sequence | null;
      readonly since: Instant | null;
      readonly until: Instant | null;
      readonly onlyFailed: boolean;
    },
    limit: number,
  ): Promise<{ readonly count: number; readonly nextAfter: Sequence | null } | null>;
}
