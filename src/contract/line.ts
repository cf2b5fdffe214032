import { z } from 'zod';
import { instantField, lineIdField } from './fields.ts';

export const lineStateField = z.enum(['active', 'paused', 'flagged', 'offline']);
export const reputationField = z.enum(['healthy', 'at_risk', 'critical']);

export const lineSchema = z
  .object({
    id: lineIdField,
    handle: z.string().meta({ description: 'The own address: a number or an e-mail.' }),
    service: z.enum(['imessage', 'sms', 'auto']),
    is_active: z.boolean().meta({
      description: 'Whether it can be sent from: AppleScript cannot choose an address, so exactly one can.',
    }),
    label: z.string().optional(),
    last_used_at: instantField.optional(),
  })
  .meta({ id: 'Line', description: 'One of the addresses of the account that Messages is signed in to.' });

export type WireLine = z.infer<typeof lineSchema>;
