import { z } from 'zod';
import { limitHitSchema, limitWarningSchema } from './limits/limit-hit.ts';
import { chatIdField, instantField, lineIdField, messageIdField, requestIdField } from './fields.ts';

const STATES = [
  'queued',
  'deferred',
  'sending',
  'dispatched',
  'unknown',
  'sent',
  'delivered',
  'read',
  'failed',
  'refused',
  'canceled',
  'expired',
] as const;

const UNKNOWN_CAUSES = [
  'no_row',
  'timed_out',
  'still_in_flight',
  'script_error',
  'interrupted',
  'row_gone',
  'store_replaced',
] as const;

const codeField = z.string().meta({
  description:
    'message_failed, send_rejected, chat_not_found, service_unavailable, ghost_row, misrouted, transfer_failed, ' +
    'not_sent, expired, canceled, outcome_unknown, or the rule that refused it.',
});

const errorDetail = z.object({
  code: codeField,
  message: z.string(),
  disposition: z.enum(['not_started', 'may_have_completed', 'still_in_flight']).optional().meta({
    description:
      '`not_started`: certainly nothing was sent. The other two: it may have been sent, or may yet be.',
  }),
  apple_code: z.int().optional().meta({ description: "Apple's number, where there is one." }),
  cause: z.enum(UNKNOWN_CAUSES).optional().meta({ description: 'outcome_unknown: why there is no proof.' }),
  is_final: z.boolean().optional().meta({
    description: 'outcome_unknown only: it is no longer looked after; nothing but a late row can change it.',
  }),
  limit: limitHitSchema.optional().meta({ description: 'Of a refusal by a rule.' }),
  retry_at: instantField.optional().meta({
    description: 'Of a refusal by a rule: from then on the same would pass, other things being equal.',
  }),
  other_chat_id: chatIdField.optional().meta({
    description: 'The same body stands in this chat, and not in the one that it was meant for.',
  }),
});

const proof = {
  message_id: messageIdField.optional(),
  guid: z.string().optional().meta({ description: 'The row that proves it.' }),
};

const partSchema = z
  .object({
    type: z.enum(['text', 'file']),
    file_id: z.string().optional(),
    filename: z.string().optional().meta({ description: 'As the recipient sees it.' }),
    state: z.enum(STATES),
    error: z.string().nullable(),
    error_detail: errorDetail.optional(),
    ...proof,
  })
  .meta({
    id: 'OutboxPart',
    description: 'A text or one file: sent by a script and proved by a row of its own.',
  });

const attemptSchema = z
  .object({
    part: z.int().meta({ description: 'Position in `parts`.' }),
    service: z.enum(['imessage', 'sms', 'rcs']).optional().meta({ description: 'The planned one.' }),
    state: z.enum(STATES),
    error: z.string().nullable(),
    error_detail: errorDetail.optional(),
    downgraded: z.boolean().optional().meta({
      description: 'It went on another service than planned: as a text message in place of an iMessage.',
    }),
    started_at: instantField,
    ...proof,
  })
  .meta({
    id: 'OutboxAttempt',
    description: 'One script. A second one for a part is only ever the text message after error 22.',
  });

export const outboxItemSchema = z
  .object({
    id: z.string().meta({ description: '`obx_…`' }),
    status: z.enum(['pending', 'claimed', 'sent', 'failed']).meta({
      description:
        'The coarse state; `claimed` with `error` `outcome_unknown` means that it may have been sent.',
    }),
    state: z.enum(STATES).meta({
      description:
        'The exact state; `sent`, `delivered` and `read` are proved by the row. Of several parts that of the least advanced, `failed` if one failed.',
    }),
    error: codeField.nullable().meta({ description: 'The code; `error_detail` says more.' }),
    error_detail: errorDetail.optional(),
    to: z.string().meta({ description: 'A handle, or the id of a chat.' }),
    chat_id: chatIdField.meta({
      description: 'The chat that it goes to; for a new contact, the one it will make.',
    }),
    line_id: lineIdField,
    service: z.enum(['auto', 'imessage', 'sms', 'rcs']).meta({ description: 'As it was asked for.' }),
    fallback: z.enum(['sms']).optional(),
    ...proof,
    parts: z.array(partSchema),
    attempts: z.array(attemptSchema),
    delivered_twice_possible: z.boolean().optional().meta({
      description:
        'The iMessage had failed and a text message followed; then the iMessage turned out to have gone.',
    }),
    created_at: instantField,
    updated_at: instantField,
    completed_at: instantField.optional(),
    not_before: instantField.optional(),
    after_reply: z.boolean().optional().meta({ description: 'It waits until the contact has written.' }),
    expires_at: instantField.meta({ description: 'Not sent any more from this moment on.' }),
    limit: limitHitSchema.optional().meta({
      description: '`deferred` by a rule: which, and how full it was. It is asked again at `not_before`.',
    }),
    warnings: z
      .array(limitWarningSchema)
      .optional()
      .meta({ description: 'What rules had to say when it was accepted.' }),
    metadata: z.record(z.string(), z.string()).optional().meta({ description: 'As the client gave it.' }),
    suspected_duplicate_of: z.string().optional().meta({
      description: 'The same went to the same place within the last minute, without a key of its own.',
    }),
    request_id: requestIdField,
  })
  .meta({ id: 'OutboxItem', description: 'Something that a client asked this bridge to send.' });

export type WireOutboxItem = z.infer<typeof outboxItemSchema>;
