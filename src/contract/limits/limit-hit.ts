import { z } from 'zod';
import type { LimitHit } from '../../domain/index.ts';

/** A limit as it stood when it held something back. */
export const limitHitSchema = z
  .object({
    rule: z.string().meta({ description: 'Code of the rule, as in `limits.rules`.' }),
    used: z.number().optional(),
    limit: z.number().optional(),
    window_seconds: z.number().optional().meta({ description: 'Absent where nothing rolls out with time.' }),
  })
  .meta({ id: 'LimitHit' });

export const limitWarningSchema = z
  .object({ rule: z.string(), message: z.string() })
  .meta({ id: 'LimitWarning', description: 'What a rule has to say of something that it lets pass.' });

export type WireLimitHit = z.infer<typeof limitHitSchema>;

export function toWireLimitHit({ rule, used, limit, windowSeconds }: LimitHit): WireLimitHit {
  return {
    rule,
    used: used ?? undefined,
    limit: limit ?? undefined,
    window_seconds: windowSeconds ?? undefined,
  };
}
