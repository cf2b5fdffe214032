import { z } from 'zod';
import type { CapabilityName } from '../domain/index.ts';
import { instantField, lineIdField } from './fields.ts';
import { warmUpSchema } from './limits/usage.ts';

const level = z.enum(['native', 'ui', 'private', 'file', 'none', 'unknown']);

const capabilities = z.object({
  text: level,
  file: level,
  group_send: level,
  sms: level,
  rcs: level,
  voice_memo: level,
  contact_card: level,
  tapback: level,
  reply: level,
  edit: level,
  unsend: level,
  typing: level,
  read_receipt: level,
  effects: level,
  formatting: level,
  alias_select: level,
  group_create: level,
} satisfies Record<CapabilityName, typeof level>);
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
    state: lineStateField.optional().meta({
      description:
        '`paused`: accepted commands wait. `flagged`: Apple seems to throttle it, and nothing but replies is sent. `offline`: Messages or its database cannot be used. Only of the line that can be sent from, as all below.',
    }),
    pause_reason: z.enum(['operator', 'unknown_outcomes', 'failures']).optional(),
    state_reason: z
      .string()
      .optional()
      .meta({ description: 'What was given when it was paused or flagged.' }),
    state_since: instantField.optional(),
    reputation: reputationField.optional().meta({ description: 'How Apple is likely to see it.' }),
    utilization: z.number().optional().meta({ description: 'The highest used ÷ limit over the caps.' }),
    accepts_new_contacts: z.boolean().optional(),
    limited_by: z.string().optional().meta({ description: 'The rule why it takes no new contacts.' }),
    warmup: warmUpSchema.optional(),
    capabilities: capabilities.optional().meta({
      description:
        'What the line can do and by what: Messages itself, its user interface, its private interfaces, a plain file in place of the real thing, or not at all. `unknown` while Messages cannot be asked. Only of the line that can be sent from.',
    }),
  })
  .meta({ id: 'Line', description: 'One of the addresses of the account that Messages is signed in to.' });

export type WireLine = z.infer<typeof lineSchema>;
