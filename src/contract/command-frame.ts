import { z } from 'zod';
import { errorSchema } from './error.ts';
import { outboxItemSchema } from './outbox-item.ts';
import { clientMessageIdSchema, fromField } from './send-message.ts';

/** What can be asked for by a frame. Each does what its REST twin does, under the same scope. */
export const COMMAND_NAMES = [
  'message.send',
  'outbox.cancel',
  'line.pause',
  'line.resume',
  'limits.lower',
] as const;

export type CommandName = (typeof COMMAND_NAMES)[number];

/** A request in a frame. What its body must hold is looked at after the frame, so that a wrong one is answered. */
export const commandFrameSchema = z
  .object({
    type: z.literal('command'),
    command_id: clientMessageIdSchema.meta({
      description: 'Repeating a command under the same id does nothing more. Same as `Idempotency-Key`.',
    }),
    command: z
      .string()
      .min(1)
      .max(64)
      .meta({ description: `What to do: ${COMMAND_NAMES.join(', ')}.`, examples: ['message.send'] }),
    body: z
      .unknown()
      .optional()
      .meta({
        description:
          '`message.send`: as `POST /v1/messages`. `outbox.cancel`: `id`. `line.pause` and `line.resume`: `id` of the ' +
          'line (the one that sends if left out), `reason`. `limits.lower`: as `POST /v1/limits/lower`.',
      }),
    expires_at: z.int().positive().optional().meta({
      description: 'Unix time in ms; a command that arrives later is dropped, with an answer that says so.',
    }),
  })
  .meta({ id: 'CommandFrame' });

export type CommandFrame = z.infer<typeof commandFrameSchema>;

/** The answer to a command. Each gets one, in the order in which they came. */
export const commandResultSchema = z
  .object({
    type: z.literal('command_result'),
    command_id: z.string(),
    result: z.enum(['accepted', 'duplicate', 'rejected']).meta({
      description:
        '`accepted`: done, or stored to be sent. `duplicate`: that was so before. `rejected`: nothing was done.',
    }),
    outbox: outboxItemSchema.optional().meta({
      description: 'Of `message.send` and `outbox.cancel`: the item as it stands, of a duplicate, too.',
    }),
    error: errorSchema.shape.error.optional().meta({ description: 'Why it was rejected, as REST says it.' }),
  })
  .meta({ id: 'CommandResult' });

export type CommandResult = z.infer<typeof commandResultSchema>;

export const outboxCancelBody = z.strictObject({
  id: z.string().min(1).max(64).meta({ description: '`obx_…`' }),
});

export const lineOrderBody = z.strictObject({
  id: fromField.meta({ description: 'The line, by its `ln_…` id or its address.' }),
  reason: z.string().min(1).max(500).optional().meta({ description: 'Kept, and told with the event.' }),
});
