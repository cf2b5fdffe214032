import { z } from 'zod';
import type { CapabilityName } from '../domain/index.ts';
import { instantField, lineIdField } from './fields.ts';

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
    state: z
      .enum(['active', 'paused'])
      .optional()
      .meta({ description: '`paused`: accepted commands wait. Only of the line that can be sent from.' }),
    pause_reason: z.enum(['operator', 'unknown_outcomes', 'failures']).optional(),
    capabilities: capabilities.optional().meta({
      description:
        'What the line can do and by what: Messages itself, its user interface, its private interfaces, a plain file in place of the real thing, or not at all. `unknown` while Messages cannot be asked. Only of the line that can be sent from.',
    }),
  })
  .meta({ id: 'Line', description: 'One of the addresses of the account that Messages is signed in to.' });

export type WireLine = z.infer<typeof lineSchema>;
