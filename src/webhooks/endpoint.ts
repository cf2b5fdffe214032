import type { ATTEMPT_ERRORS, WEBHOOK_PROFILES } from '../contract/index.ts';
import type { Instant, Sequence } from '../domain/index.ts';

export type Profile = (typeof WEBHOOK_PROFILES)[number];

/** What a person chose for an endpoint. */
export interface EndpointSettings {
  readonly url: string;
  readonly profile: Profile;
  /** `null` is every type. */
  readonly events: readonly string[] | null;
  /** `ln_…` ids; `null` is every line. */
  readonly lines: readonly string[] | null;
  /** Old messages that Messages inserted again are sent too. */
  readonly includeBackfilled: boolean;
  readonly description: string | null;
}

/** `gone`: the receiver answered 410. `failing`: nothing got through for as long as a delivery is retried. */
export type DisableReason = 'gone' | 'failing';

export type EndpointState =
  | { readonly name: 'active' }
  /** By a person. */
  | { readonly name: 'paused'; readonly since: Instant }
  | { readonly name: 'disabled'; readonly since: Instant; readonly reason: DisableReason };

/** The signing secrets; both sign until the overlap of a rotation is over. */
export interface Secrets {
  /** `whsec_…` */
  readonly current: string;
  readonly previous: { readonly secret: string; readonly until: Instant } | null;
}

/** How the receiver has been doing. */
export interface EndpointRecord {
  readonly lastSuccessAt: Instant | null;
  /** The first failure since the last success; `null` while all is well. */
  readonly failingSince: Instant | null;
  readonly lastError: AttemptError | null;
  /** The receiver asked for nothing before this moment. */
  readonly holdUntil: Instant | null;
  /** Events that the journal no longer held when they were due. */
  readonly lastGap: { readonly from: Sequence; readonly to: Sequence; readonly at: Instant } | null;
}

export const NEW_RECORD: EndpointRecord = {
  lastSuccessAt: null,
  failingSince: null,
  lastError: null,
  holdUntil: null,
  lastGap: null,
};

/** A receiver of events. */
export interface Endpoint {
  /** `whk_…` */
  readonly id: string;
  readonly settings: EndpointSettings;
  readonly state: EndpointState;
  readonly secrets: Secrets;
  readonly record: EndpointRecord;
  /** Every event up to here has been looked at: it is not for this endpoint, or has its delivery. */
  readonly cursor: Sequence;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

export type AttemptError = (typeof ATTEMPT_ERRORS)[number];

/** One request to the receiver, and what came of it. */
export interface Attempt {
  readonly at: Instant;
  readonly durationMs: number;
  /** `null` where no answer came. */
  readonly status: number | null;
  /** `null` where it was delivered. */
  readonly error: AttemptError | null;
  /** How the answer's body begins. */
  readonly response: string | null;
}

/** What is listed where no request was made. */
export function notSent(error: 'event_expired' | 'skipped', at: Instant): Attempt {
  return { at, durationMs: 0, status: null, error, response: null };
}

export type DeliveryState = 'pending' | 'delivered' | 'failed';

/** An event that is for an endpoint. */
export interface Delivery {
  /** `dlv_…`, the same for an event and an endpoint whatever happens. */
  readonly id: string;
  readonly endpointId: string;
  readonly sequence: Sequence;
  readonly eventId: string;
  readonly eventType: string;
  readonly state: DeliveryState;
  /** Oldest first; only the last ones of many. */
  readonly attempts: readonly Attempt[];
  /** Of a pending one. */
  readonly nextAt: Instant | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** A pending delivery as it waits for its turn. */
export interface Pending {
  readonly id: string;
  readonly sequence: Sequence;
  readonly eventId: string;
  readonly eventType: string;
  /** What is in one lane goes out one after the other. */
  readonly lane: string;
  /** Retries used up. */
  readonly step: number;
  readonly nextAt: Instant;
  /** When it was first tried, of this round of retries. */
  readonly firstAt: Instant | null;
}
