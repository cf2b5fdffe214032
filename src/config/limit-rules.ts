import { z } from 'zod';

/** A count; `null` switches that part of the rule off. */
const count = z.number().int().min(0);
const positive = z.number().positive();
const percent = z.number().min(0).max(100);
const clockTime = z
  .string()
  .regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/u, 'a time of day such as "21:00"')
  .describe('Hours and minutes, 24-hour clock, on the contact’s own clock.');
const word = z.string().min(1).max(40);

function rule<T extends z.ZodRawShape>(numbers: T) {
  return z.strictObject({ enabled: z.boolean(), ...numbers });
}

/**
 * The numbers of every deliverability rule, under the code by which refusals name it. What they are by default is the
 * preset's business; each can be overridden under `limits.rules.<code>`.
 */
export const limitRulesSchema = z.strictObject({
  /** Messages leave at least so far apart. */
  throughput: rule({ gap_seconds: positive }),
  /** Messages exchanged with one contact; `sent` counts our side alone. */
  pair_rate_limit: rule({ limit: count, window_seconds: positive, counts: z.enum(['both', 'sent']) }),
  /** Sends of the whole Mac in 24 hours. */
  server_daily_limit: rule({ limit: count }),
  /** Whole messages that stop, and allow again, everything to the contact who wrote them. */
  recipient_opted_out: rule({ stop_words: z.array(word), start_words: z.array(word) }),
  /** Sends outside open windows in 60 seconds: paced from the one, refused from the other. */
  burst_limit: rule({ pace_from: count.nullable(), refuse_from: count.nullable() }),
  /** Only contacts who have written are written to. */
  contact_first: rule({}),
  /** Contacts who never wrote and are written to for the first time, in 24 hours and in 60 minutes. */
  new_conversation_limit: rule({ per_day: count.nullable(), per_hour: count.nullable() }),
  /** A new conversation without `opt_in`. */
  cold_outreach: rule({ action: z.enum(['warn', 'stop']) }),
  /** Other sends outside open windows in 24 hours. */
  reach_out_limit: rule({ limit: count }),
  /** Messages to a contact since it last wrote; `follow_ups` does not count the first of them. */
  unanswered_limit: rule({
    warn_at: count.nullable(),
    limit: count,
    unit: z.enum(['messages', 'follow_ups']),
  }),
  /** Sends outside the window since the contact last wrote: at most so many, so far apart. */
  recipient_cooling_down: rule({ limit: count, gap_hours: positive }),
  /** Sends per inbound message over 7 days, from so many sends on. */
  ratio_limit: rule({
    min_sends: count,
    warn_above: positive.nullable(),
    pace_above: positive.nullable(),
    refuse_above: positive.nullable(),
    pace_gap_seconds: positive,
  }),
  /** Share of the contacts messaged in 7 days who wrote back; under it, sends outside windows wait. */
  response_rate: rule({
    percent,
    min_contacts: count,
    min_wait_minutes: positive,
    max_wait_minutes: positive,
  }),
  /** 24 hours with many sends to few contacts, or with mostly new contacts. */
  diversity: rule({ sends: count, contacts: count, new_percent: percent, min_contacts: count }),
  /** Contacts who got the same text, digits and names left out of account, in 24 hours. */
  duplicate_content: rule({ warn_at: count.nullable(), limit: count }),
  /** A link or a file to a contact who never wrote. */
  first_message_content: rule({}),
  /** Hours of the contact's day in which nothing but replies is sent. */
  quiet_hours: rule({ from: clockTime, to: clockTime, spread_minutes: z.number().min(0) }),
  /** Share of the daily caps that a young line may use, by its day, counted from 0. */
  line_warming_up: rule({
    steps: z.array(z.strictObject({ through_day: count, percent })),
    mean_factor: positive.nullable(),
    idle_days: positive,
  }),
  /** Contacts who wrote for the first time in 24 hours. */
  inbound_contacts: rule({ limit: count }),
  /** Days without any message: Apple deactivates a line after about two months. */
  line_idle: rule({ warn_days: positive, alarm_days: positive }),
  /** How far past the line's own 7 days, with how many samples, a sign of silent throttling flags it. */
  line_flagged: rule({ factor: positive, min_samples: count }),
});

export type LimitRules = z.output<typeof limitRulesSchema>;

/** Some of the numbers, as a file gives them. */
export const limitOverridesSchema = z.strictObject({
  throughput: limitRulesSchema.shape.throughput.partial().optional(),
  pair_rate_limit: limitRulesSchema.shape.pair_rate_limit.partial().optional(),
  server_daily_limit: limitRulesSchema.shape.server_daily_limit.partial().optional(),
  recipient_opted_out: limitRulesSchema.shape.recipient_opted_out.partial().optional(),
  burst_limit: limitRulesSchema.shape.burst_limit.partial().optional(),
  contact_first: limitRulesSchema.shape.contact_first.partial().optional(),
  new_conversation_limit: limitRulesSchema.shape.new_conversation_limit.partial().optional(),
  cold_outreach: limitRulesSchema.shape.cold_outreach.partial().optional(),
  reach_out_limit: limitRulesSchema.shape.reach_out_limit.partial().optional(),
  unanswered_limit: limitRulesSchema.shape.unanswered_limit.partial().optional(),
  recipient_cooling_down: limitRulesSchema.shape.recipient_cooling_down.partial().optional(),
  ratio_limit: limitRulesSchema.shape.ratio_limit.partial().optional(),
  response_rate: limitRulesSchema.shape.response_rate.partial().optional(),
  diversity: limitRulesSchema.shape.diversity.partial().optional(),
  duplicate_content: limitRulesSchema.shape.duplicate_content.partial().optional(),
  first_message_content: limitRulesSchema.shape.first_message_content.partial().optional(),
  quiet_hours: limitRulesSchema.shape.quiet_hours.partial().optional(),
  line_warming_up: limitRulesSchema.shape.line_warming_up.partial().optional(),
  inbound_contacts: limitRulesSchema.shape.inbound_contacts.partial().optional(),
  line_idle: limitRulesSchema.shape.line_idle.partial().optional(),
  line_flagged: limitRulesSchema.shape.line_flagged.partial().optional(),
});

export type LimitOverrides = z.output<typeof limitOverridesSchema>;

export const presetNames = ['balanced', 'messages_dev', 'photon', 'strict', 'off'] as const;
export type PresetName = (typeof presetNames)[number];
