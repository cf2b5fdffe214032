import { z } from 'zod';

/** Numbers of rules, made stricter: `{"reach_out_limit": {"limit": 50}}`. */
export const loweredRulesField = z
  .record(
    z.string().max(64),
    z.record(z.string().max(64), z.union([z.number().nonnegative(), z.literal(true)])),
  )
  .meta({
    description:
      'By rule, then by number, as under `limits.rules` in the configuration. `enabled: true` switches a rule on.',
    examples: [{ reach_out_limit: { limit: 50 } }],
  });

export const lowerLimitsBody = z
  .strictObject({
    rules: loweredRulesField.refine((rules) => Object.keys(rules).length > 0, 'It must name a rule.'),
  })
  .meta({ id: 'LowerLimits' });

export const limitsSchema = z
  .object({
    preset: z.string(),
    version: z.string().meta({ description: 'Names the numbers; other numbers, another version.' }),
    lowered: loweredRulesField.optional().meta({ description: 'What holds in place of the configuration.' }),
  })
  .meta({ id: 'Limits', description: 'The numbers that hold now.' });

export type LoweredRules = Readonly<Record<string, Readonly<Record<string, number | true>>>>;
export type WireLimits = z.infer<typeof limitsSchema>;

/** Limits as the guard holds them. */
export function toWireLimits(limits: {
  readonly preset: string;
  readonly version: string;
  readonly lowered: LoweredRules | null;
}): WireLimits {
  return { preset: limits.preset, version: limits.version, lowered: limits.lowered ?? undefined };
}
