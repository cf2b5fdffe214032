import { z } from 'zod';
import type { Handle, Instant } from '../../domain/index.ts';
import { isTimeZone } from '../../runtime/index.ts';
import { instantField, lineIdField } from '../fields.ts';
import { lineIdOrUnknown } from '../ids.ts';
import { limitHitSchema, limitWarningSchema } from './limit-hit.ts';
import { cureField, standingField, toWireVerdict, type VerdictFacts } from './verdict.ts';

export const contactStandingSchema = z
  .object({
    line_id: lineIdField,
    handle: z.string(),
    known: z
      .boolean()
      .meta({ description: 'Something has gone between the account and the contact before.' }),
    inbound_initiated: z.boolean().meta({ description: 'The contact wrote first.' }),
    standing: standingField,
    window_expires_at: instantField.optional().meta({ description: 'End of the open window.' }),
    unanswered: z.int().meta({ description: 'Messages to the contact since it last wrote.' }),
    opted_out: z.boolean(),
    last_inbound_at: instantField.optional(),
    last_outbound_at: instantField.optional(),
    time_zone: z.string().optional().meta({ description: 'As it was set here; else the number tells.' }),
    can_send: z
      .object({
        allowed: z.boolean(),
        code: z.string().optional().meta({
          description: 'The rule that refuses it, or, where it is allowed, lets it wait until `retry_at`.',
        }),
        retry_at: instantField.optional(),
        cure: cureField.optional(),
        limit: limitHitSchema.optional(),
        warnings: z.array(limitWarningSchema),
      })
      .meta({ description: 'Whether a plain text would be taken now.' }),
  })
  .meta({ id: 'ContactStanding', description: 'How a contact stands to the account.' });

export const contactSettingsBody = z
  .strictObject({
    time_zone: z
      .string()
      .refine(isTimeZone, 'It must be a time zone such as Europe/Berlin.')
      .nullable()
      .meta({ description: 'By which quiet hours of the contact go; `null` leaves it to the number.' }),
  })
  .meta({ id: 'ContactSettings' });

/** How a contact stands, as the guard says it. */
export interface ContactFacts {
  readonly known: boolean;
  readonly inboundInitiated: boolean;
  readonly windowExpiresAt: Instant | null;
  readonly unanswered: number;
  readonly optedOut: boolean;
  readonly standing: z.infer<typeof standingField>;
  readonly lastInAt: Instant | null;
  readonly lastOutAt: Instant | null;
  readonly timeZone: string | null;
  readonly verdict: VerdictFacts;
}

export function toWireContactStanding(
  contact: ContactFacts,
  line: Handle | null,
  handle: Handle,
): z.infer<typeof contactStandingSchema> {
  const {
    verdict,
    code,
    limit,
    not_before: notBefore,
    retry_at: retryAt,
    cure,
  } = toWireVerdict(contact.verdict);
  return {
    line_id: lineIdOrUnknown(line),
    handle,
    known: contact.known,
    inbound_initiated: contact.inboundInitiated,
    standing: contact.standing,
    window_expires_at: contact.windowExpiresAt ?? undefined,
    unanswered: contact.unanswered,
    opted_out: contact.optedOut,
    last_inbound_at: contact.lastInAt ?? undefined,
    last_outbound_at: contact.lastOutAt ?? undefined,
    time_zone: contact.timeZone ?? undefined,
    can_send: {
      allowed: verdict !== 'refuse',
      code,
      retry_at: retryAt ?? notBefore,
      cure,
      limit,
      warnings: contact.verdict.warnings.map((warning) => ({ ...warning })),
    },
  };
}
