import { z } from 'zod';
import type { Handle, Instant } from '../../domain/index.ts';
import { instantField, lineIdField } from '../fields.ts';
import { lineIdOrUnknown } from '../ids.ts';
import { loweredRulesField, type LoweredRules } from './lowering.ts';

const limitUsageSchema = z
  .object({
    rule: z.string().meta({ description: 'Code of the rule.' }),
    of: z.string().optional().meta({ description: '`line_warming_up`: the cap that it takes a share of.' }),
    kind: z.enum(['pace', 'cap', 'warn']).meta({
      description:
        '`pace`: past it sends wait. `cap`: they are refused or queued. `warn`: they are annotated.',
    }),
    used: z.number().meta({ description: 'What is accepted and not sent yet counts.' }),
    limit: z.number(),
    remaining: z.number(),
    window_seconds: z.number(),
    next_slot_at: instantField.optional().meta({ description: 'When one more would fit.' }),
    resets_at: instantField
      .optional()
      .meta({ description: 'When the window is empty, if nothing more is sent.' }),
  })
  .meta({ id: 'LimitUsage', description: 'One limit of the account as it stands.' });

export const warmUpSchema = z
  .object({
    day: z.int().meta({ description: 'Counted from 0.' }),
    factor: z.number().meta({ description: 'Share of the daily outreach caps that may be used.' }),
    since: instantField,
    until: instantField.meta({ description: 'When the share grows next.' }),
  })
  .meta({ id: 'WarmUp' });

export const usageSchema = z
  .object({
    line_id: lineIdField,
    checked_at: instantField,
    preset: z.string(),
    version: z.string().meta({ description: 'Names the numbers; other numbers, another version.' }),
    utilization: z.number().meta({ description: 'The highest used ÷ limit over the caps; 1 is full.' }),
    accepts_new_contacts: z.boolean().meta({ description: 'False from a utilization of 0.8 on.' }),
    reason: z.string().optional().meta({ description: 'The rule why not.' }),
    warmup: warmUpSchema.optional(),
    limits: z.array(limitUsageSchema),
    lowered: loweredRulesField.optional().meta({
      description: 'Numbers that were lowered by `limits.lower`, and hold in place of the configuration.',
    }),
  })
  .meta({
    id: 'Usage',
    description: 'What is left of the limits. They belong to the account: all lines share them.',
  });

export type WireUsage = z.infer<typeof usageSchema>;

/** How full the limits are, as the guard says it. */
export interface UsageFacts {
  readonly limits: string;
  readonly at: Instant;
  readonly entries: readonly {
    readonly rule: string;
    readonly of: string | null;
    readonly kind: 'pace' | 'cap' | 'warn';
    readonly used: number;
    readonly limit: number;
    readonly remaining: number;
    readonly windowSeconds: number;
    readonly nextSlotAt: Instant | null;
    readonly resetsAt: Instant | null;
  }[];
  readonly utilization: number;
  readonly acceptsNewContacts: boolean;
  readonly reason: string | null;
  readonly warmUp: {
    readonly from: Instant;
    readonly day: number;
    readonly percent: number;
    readonly until: Instant;
  } | null;
  /** `null` where the configuration's own numbers hold. */
  readonly lowered: LoweredRules | null;
}

export function toWireUsage(
  usage: UsageFacts,
  line: Handle | null,
  preset: string,
): z.infer<typeof usageSchema> {
  return {
    line_id: lineIdOrUnknown(line),
    checked_at: usage.at,
    preset,
    version: usage.limits,
    utilization: roundedShare(usage.utilization),
    accepts_new_contacts: usage.acceptsNewContacts,
    reason: usage.reason ?? undefined,
    warmup: toWireWarmUp(usage.warmUp),
    limits: usage.entries.map((entry) => ({
      rule: entry.rule,
      of: entry.of ?? undefined,
      kind: entry.kind,
      used: entry.used,
      limit: entry.limit,
      remaining: entry.remaining,
      window_seconds: entry.windowSeconds,
      next_slot_at: entry.nextSlotAt ?? undefined,
      resets_at: entry.resetsAt ?? undefined,
    })),
    lowered: usage.lowered ?? undefined,
  };
}

export function toWireWarmUp(warmUp: UsageFacts['warmUp']): z.infer<typeof warmUpSchema> | undefined {
  return warmUp === null
    ? undefined
    : { day: warmUp.day, factor: warmUp.percent / 100, since: warmUp.from, until: warmUp.until };
}

export function roundedShare(share: number): number {
  return Math.round(share * 1_000) / 1_000;
}
