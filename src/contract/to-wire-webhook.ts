import type { Instant, Sequence } from '../domain/index.ts';
import { ALL_EVENTS, type WireWebhook, type WireWebhookDelivery } from './webhook.ts';

type AttemptError = NonNullable<WireWebhook['last_error']>;

interface Endpoint {
  readonly id: string;
  readonly settings: {
    readonly url: string;
    readonly profile: WireWebhook['profile'];
    readonly events: readonly string[] | null;
    readonly lines: readonly string[] | null;
    readonly includeBackfilled: boolean;
    readonly description: string | null;
  };
  readonly state:
    | { readonly name: 'active' }
    | { readonly name: 'paused'; readonly since: Instant }
    | { readonly name: 'disabled'; readonly since: Instant; readonly reason: 'gone' | 'failing' };
  readonly record: {
    readonly lastSuccessAt: Instant | null;
    readonly failingSince: Instant | null;
    readonly lastError: AttemptError | null;
    readonly lastGap: { readonly from: Sequence; readonly to: Sequence; readonly at: Instant } | null;
  };
  readonly cursor: Sequence;
  readonly pending: number;
  readonly previousSecretUntil: Instant | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

interface Attempt {
  readonly at: Instant;
  readonly durationMs: number;
  readonly status: number | null;
  readonly error: AttemptError | null;
  readonly response: string | null;
}

interface Delivery {
  readonly id: string;
  readonly endpointId: string;
  readonly sequence: Sequence;
  readonly eventId: string;
  readonly eventType: string;
  readonly state: WireWebhookDelivery['state'];
  readonly attempts: readonly Attempt[];
  readonly nextAt: Instant | null;
  readonly createdAt: Instant;
  readonly updatedAt: Instant;
}

/** `secret` is named only where it was made by the request that is answered. */
export function toWireWebhook(endpoint: Endpoint, secret?: string): WireWebhook {
  const { settings, state, record } = endpoint;
  return {
    id: endpoint.id,
    line_ids: [...(settings.lines ?? [])],
    url: settings.url,
    events: [...(settings.events ?? [ALL_EVENTS])],
    is_active: state.name === 'active',
    secret,
    profile: settings.profile,
    include_backfilled: settings.includeBackfilled,
    description: settings.description ?? undefined,
    state: state.name,
    state_since: state.name === 'active' ? undefined : state.since,
    disabled_reason: state.name === 'disabled' ? state.reason : undefined,
    pending: endpoint.pending,
    cursor: endpoint.cursor,
    failing_since: record.failingSince ?? undefined,
    last_success_at: record.lastSuccessAt ?? undefined,
    last_error: record.failingSince === null ? undefined : (record.lastError ?? undefined),
    last_gap: record.lastGap ?? undefined,
    previous_secret_until: endpoint.previousSecretUntil ?? undefined,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
  };
}

export function toWireAttempt(attempt: Attempt): WireWebhookDelivery['attempts'][number] {
  return {
    at: attempt.at,
    duration_ms: attempt.durationMs,
    status: attempt.status ?? undefined,
    error: attempt.error ?? undefined,
    response: attempt.response ?? undefined,
  };
}

export function toWireDelivery(delivery: Delivery): WireWebhookDelivery {
  return {
    id: delivery.id,
    webhook_id: delivery.endpointId,
    event_id: delivery.eventId,
    event_type: delivery.eventType,
    sequence: delivery.sequence,
    state: delivery.state,
    attempts: delivery.attempts.map(toWireAttempt),
    next_attempt_at: delivery.nextAt ?? undefined,
    created_at: delivery.createdAt,
    updated_at: delivery.updatedAt,
  };
}
