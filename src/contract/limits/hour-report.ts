import { z } from 'zod';
import type { Handle, Instant } from '../../domain/index.ts';
import { instantField, lineIdField } from '../fields.ts';
import { lineIdOrUnknown } from '../ids.ts';

const CAUSES = [
  'burst',
  'no_conversation',
  'hammering_non_responders',
  'cold_outreach',
  'off_hours',
] as const;

export const hourReportSchema = z
  .object({
    line_id: lineIdField,
    at: instantField.meta({ description: 'End of the hour.' }),
    sends: z.int(),
    inbound: z.int(),
    by_person: z.int().meta({ description: 'Sends that a person made on the phone or the Mac.' }),
    sends_per_minute: z.array(z.int()).meta({ description: '60 minutes, oldest first.' }),
    new_contacts: z.int().meta({ description: 'Who never wrote and was written to for the first time.' }),
    reach_outs: z.int(),
    contacts: z.int().meta({ description: 'Who was sent to.' }),
    unanswered_contacts: z.int().meta({ description: 'Those of them who have not written since.' }),
    ratio: z.number().optional().meta({ description: 'Sends to one inbound message; absent without any.' }),
    duplicates: z.int().meta({ description: 'Most contacts who got one text.' }),
    delivery_ms: z.object({ p50: z.number(), p95: z.number(), samples: z.int() }),
    failures: z.int(),
    causes: z
      .array(z.object({ cause: z.enum(CAUSES), score: z.number(), because: z.string() }))
      .meta({ description: 'What Apple is likely to have minded, likeliest first; `score` from 0 to 1.' }),
  })
  .meta({ id: 'HourReport', description: 'What the account did in the hour before a moment.' });

/** The hour as the guard counted it. */
export interface HourFacts {
  readonly at: Instant;
  readonly sends: number;
  readonly inbound: number;
  readonly byPerson: number;
  readonly sendsPerMinute: readonly number[];
  readonly newContacts: number;
  readonly reachOuts: number;
  readonly contacts: number;
  readonly unansweredContacts: number;
  readonly ratio: number | null;
  readonly duplicates: number;
  readonly deliveryMs: { readonly p50: number; readonly p95: number; readonly samples: number };
  readonly failures: number;
  readonly causes: readonly {
    readonly cause: (typeof CAUSES)[number];
    readonly score: number;
    readonly because: string;
  }[];
}

export function toWireHourReport(hour: HourFacts, line: Handle | null): z.infer<typeof hourReportSchema> {
  return {
    line_id: lineIdOrUnknown(line),
    at: hour.at,
    sends: hour.sends,
    inbound: hour.inbound,
    by_person: hour.byPerson,
    sends_per_minute: [...hour.sendsPerMinute],
    new_contacts: hour.newContacts,
    reach_outs: hour.reachOuts,
    contacts: hour.contacts,
    unanswered_contacts: hour.unansweredContacts,
    ratio: hour.ratio ?? undefined,
    duplicates: hour.duplicates,
    delivery_ms: { ...hour.deliveryMs },
    failures: hour.failures,
    causes: hour.causes.map((cause) => ({ ...cause })),
  };
}
