import { z } from 'zod';
import { EVENT_TYPES, isEventType } from './event.ts';
import { instantField, lineIdField, requestIdField } from './fields.ts';
import { parseLineRef } from './references.ts';

/** What is allowed in place of a list of types. */
export const ALL_EVENTS = '*';
const MAX_LINES = 50;

/** How a delivery looks: ours after Standard Webhooks, or as Messages.dev sends it. */
export const WEBHOOK_PROFILES = ['standard', 'messages_dev'] as const;

/** Why an attempt failed, as stable words. */
export const ATTEMPT_ERRORS = [
  'bad_status',
  'redirect_refused',
  'timed_out',
  'unreachable',
  'connection_closed',
  'tls_failed',
  'target_not_allowed',
  /** Nothing was sent: the journal no longer holds the event. */
  'event_expired',
  /** Nothing was sent: a person left out what had been missed. */
  'skipped',
] as const;

const profileField = z.enum(WEBHOOK_PROFILES).meta({
  description:
    '`standard`: the event as everywhere, signed after Standard Webhooks. `messages_dev`: the body and the signature ' +
    "that Messages.dev's clients verify, with Standard Webhooks' headers beside them.",
});

const attemptErrorField = z.enum(ATTEMPT_ERRORS).meta({
  description:
    '`event_expired`: the journal no longer held it. `skipped`: a person left out what had been missed. The others say how the request failed.',
});

export const webhookSchema = z
  .object({
    id: z.string().meta({ description: '`whk_…`' }),
    line_ids: z.array(lineIdField).meta({ description: 'Only these lines; empty for all.' }),
    url: z.string(),
    events: z.array(z.string()).meta({ description: 'Only these types of events; `*` for all.' }),
    is_active: z.boolean(),
    secret: z.string().optional().meta({
      description: '`whsec_…`: what signs its deliveries. Only in the answer that made it.',
    }),
    profile: profileField,
    include_backfilled: z
      .boolean()
      .meta({ description: 'Old messages that Messages inserted again are sent too.' }),
    description: z.string().optional(),
    state: z.enum(['active', 'paused', 'disabled']).meta({
      description: '`paused` by a person; `disabled` because its receiver is gone or takes nothing.',
    }),
    state_since: instantField.optional().meta({ description: 'Of one that is not active.' }),
    disabled_reason: z.enum(['gone', 'failing']).optional(),
    pending: z.int().meta({ description: 'Deliveries that are waiting or under way.' }),
    cursor: z
      .int()
      .meta({ description: 'Every event up to this sequence has its delivery, or is not for it.' }),
    failing_since: instantField.optional().meta({ description: 'The first failure since the last success.' }),
    last_success_at: instantField.optional(),
    last_error: attemptErrorField.optional(),
    last_gap: z
      .object({ from: z.int(), to: z.int(), at: instantField })
      .optional()
      .meta({ description: 'Sequences that were no longer kept when it was their turn.' }),
    previous_secret_until: instantField
      .optional()
      .meta({ description: 'Until then the secret before the rotation signs too.' }),
    created_at: instantField,
    updated_at: instantField,
  })
  .meta({ id: 'Webhook', description: 'A receiver that events are posted to.' });

export type WireWebhook = z.infer<typeof webhookSchema>;

const attemptSchema = z.object({
  at: instantField,
  duration_ms: z.int(),
  status: z.int().optional().meta({ description: 'Absent where no answer came.' }),
  error: attemptErrorField.optional().meta({ description: 'Absent where it was delivered.' }),
  response: z.string().optional().meta({ description: "How the answer's body begins." }),
});

/** What came of a test. */
export const webhookTestSchema = attemptSchema
  .extend({ delivered: z.boolean(), request_id: requestIdField })
  .meta({ id: 'WebhookTest' });

export const webhookDeliverySchema = z
  .object({
    id: z.string().meta({ description: '`dlv_…`, the same on every retry and replay.' }),
    webhook_id: z.string(),
    event_id: z.string().meta({ description: '`evt_…`; also the header `webhook-id`.' }),
    event_type: z.string(),
    sequence: z.int(),
    state: z.enum(['pending', 'delivered', 'failed']),
    attempts: z.array(attemptSchema).meta({ description: 'Oldest first, the last 20.' }),
    next_attempt_at: instantField.optional().meta({
      description: 'Of a pending one: not before then, and not before those of its chat ahead of it.',
    }),
    created_at: instantField,
    updated_at: instantField,
  })
  .meta({ id: 'WebhookDelivery', description: 'An event on its way to a webhook, and what became of it.' });

export type WireWebhookDelivery = z.infer<typeof webhookDeliverySchema>;

const eventsField = z
  .array(z.string().max(64))
  .min(1)
  .max(100)
  .meta({ description: `Types of events, or \`${ALL_EVENTS}\`: ${EVENT_TYPES.join(', ')}.` });

const lineReference = z
  .string()
  .max(320)
  .refine((value) => parseLineRef(value) !== null, 'It must be the id (ln_…) or the address of a line.');

/** As Messages.dev's clients name a line; their command line names all of them by an empty text. */
export const webhookFromField = z.union([z.literal(''), lineReference]);

const settings = {
  url: z.string().min(1).max(2_048).meta({ description: 'https, or http on this machine.' }),
  events: eventsField,
  lines: z
    .array(lineReference)
    .min(1)
    .max(MAX_LINES)
    .meta({ description: 'Only these lines, by id or address.' }),
  profile: profileField,
  include_backfilled: z.boolean(),
  description: z.string().max(200),
};

export const createWebhookBody = z
  .strictObject({
    ...settings,
    from: webhookFromField.optional().meta({
      description:
        "The one line, as Messages.dev's clients name it; the profile is then theirs unless said otherwise. Empty for all lines.",
    }),
    events: eventsField.optional().meta({
      description: 'All if left out; with the profile `messages_dev`, the four that Messages.dev has.',
    }),
    lines: settings.lines.optional(),
    profile: settings.profile.optional(),
    include_backfilled: settings.include_backfilled.optional(),
    description: settings.description.optional(),
  })
  .refine(({ from, lines }) => from === undefined || lines === undefined, {
    path: ['from'],
    message: 'Name lines either by `from` or by `lines`.',
  });

export const updateWebhookBody = z.strictObject({
  url: settings.url.optional(),
  events: settings.events.optional(),
  lines: settings.lines.nullable().optional().meta({ description: '`null` for all lines.' }),
  profile: settings.profile.optional(),
  include_backfilled: settings.include_backfilled.optional(),
  description: settings.description.nullable().optional(),
  is_active: z.boolean().optional(),
});

/** A request without a body will do. */
export const rotateWebhookBody = z
  .strictObject({
    overlap_seconds: z.int().min(0).max(31_536_000).optional().meta({
      description: 'How long the secret of before signs too; 0 ends it at once.',
    }),
  })
  .nullish();

export const enableWebhookBody = z
  .strictObject({
    skip_missed: z
      .boolean()
      .default(false)
      .meta({ description: 'Begin with what happens next; what waits is listed as failed.' }),
  })
  .nullish();

export const replayWebhookBody = z
  .strictObject({
    after: z.int().min(0).optional().meta({ description: 'Events after this sequence.' }),
    to: z.int().min(1).optional().meta({ description: 'Up to this sequence.' }),
    since: z.int().optional().meta({ description: 'Journalled at this moment (Unix ms) or later.' }),
    until: z.int().optional().meta({ description: 'Journalled before this moment (Unix ms).' }),
    only_failed: z.boolean().default(false).meta({ description: 'Only those listed as failed.' }),
    limit: z.int().min(1).max(5_000).default(1_000),
  })
  .refine((body) => body.only_failed || body.after !== undefined || body.since !== undefined, {
    path: ['after'],
    message: 'Say where to begin (`after` or `since`), or ask for `only_failed`.',
  });

/** What a replay of a range has begun. */
export const webhookReplaySchema = z
  .object({
    replayed: z.int().meta({ description: 'Deliveries that are pending by it.' }),
    next_after: z.int().nullable().meta({
      description: 'There was more than `limit`: go on with this as `after`.',
    }),
    request_id: requestIdField,
  })
  .meta({ id: 'WebhookReplay' });

/** The types that a request asks for; `null` for all, an unknown name where there is one. */
export function parseEventNames(
  names: readonly string[] | undefined,
): { readonly events: readonly string[] | null } | { readonly unknown: string } {
  if (names === undefined || names.includes(ALL_EVENTS)) {
    return { events: null };
  }
  const unknown = names.find((name) => !isEventType(name));
  return unknown === undefined ? { events: [...new Set(names)] } : { unknown };
}
