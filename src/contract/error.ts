import { z } from 'zod';
import { requestIdField } from './fields.ts';
import { limitHitSchema } from './limits/limit-hit.ts';

const ERROR_TYPES = [
  'authentication_error',
  'authorization_error',
  'invalid_request_error',
  'policy_error',
  'rate_limit_error',
  'capability_error',
  'bridge_error',
] as const;

export type ErrorType = (typeof ERROR_TYPES)[number];

/** Every answer outside 2xx. Clients switch on `code`. */
export const errorSchema = z
  .object({
    error: z.object({
      type: z.enum(ERROR_TYPES),
      code: z.string().meta({ description: 'Stable; what a client switches on.' }),
      message: z.string().meta({ description: 'What is wrong, for a person. May change.' }),
      param: z.string().optional().meta({ description: 'The field or parameter that is wrong.' }),
      retry_after: z.number().optional().meta({ description: 'Seconds after which to try again.' }),
      limit: limitHitSchema.optional().meta({ description: 'Of a refusal by a rule.' }),
      details: z.record(z.string(), z.unknown()).optional(),
    }),
    request_id: requestIdField,
  })
  .meta({ id: 'Error', description: 'Why a request was not served.' });

export type WireError = z.infer<typeof errorSchema>;
