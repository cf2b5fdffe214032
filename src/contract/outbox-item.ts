import { z } from 'zod';
import { chatIdField, instantField, lineIdField, messageIdField, requestIdField } from './fields.ts';

export const outboxItemSchema = z
  .object({
    id: z.string().meta({ description: '`obx_…`' }),
    status: z.enum(['pending', 'claimed', 'sent', 'failed']).meta({
      description:
        'The coarse state; `claimed` with `error.code` `outcome_unknown` means that it may have been sent.',
    }),
    state: z
      .enum(['queued', 'sending', 'dispatched', 'unknown', 'sent', 'delivered', 'read', 'failed', 'expired'])
      .meta({ description: 'The exact state; `sent`, `delivered` and `read` are proved by the row.' }),
    error: z
      .object({
        code: z.string().meta({
          description: 'message_failed, send_rejected, not_sent, bridge_error, expired or outcome_unknown.',
        }),
        message: z.string(),
        apple_code: z.int().optional().meta({ description: "Apple's number, where there is one." }),
        cause: z.enum(['no_row', 'timed_out', 'script_error', 'interrupted']).optional(),
        is_final: z.boolean().optional().meta({
          description:
            'outcome_unknown only: it is no longer looked after; nothing but a late row can change it.',
        }),
      })
      .optional(),
    to: z.string().meta({ description: 'A handle, or the id of a chat.' }),
    chat_id: chatIdField.meta({
      description: 'The chat that it goes to; for a new contact, the one it will make.',
    }),
    line_id: lineIdField,
    message_id: messageIdField.optional(),
    guid: z.string().optional().meta({ description: 'The row that proves it.' }),
    created_at: instantField,
    updated_at: instantField,
    completed_at: instantField.optional(),
    not_before: instantField.optional(),
    expires_at: instantField.meta({ description: 'Not sent any more from this moment on.' }),
    suspected_duplicate_of: z.string().optional().meta({
      description: 'The same text went to the same place within the last minute, without a key of its own.',
    }),
    request_id: requestIdField,
  })
  .meta({ id: 'OutboxItem', description: 'Something that a client asked this bridge to send.' });

export type WireOutboxItem = z.infer<typeof outboxItemSchema>;
