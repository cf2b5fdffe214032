import { z } from 'zod';
import { chatIdField, guidField, instantField, lineIdField, messageIdField, senderField } from './fields.ts';

export const reactionSchema = z
  .object({
    id: z.string().meta({ description: '`rct_…`, a hash of the guid of its own row.' }),
    guid: guidField.meta({ description: 'The guid of its own row.' }),
    message_id: messageIdField.meta({ description: 'The message that it was put on.' }),
    message_guid: guidField,
    part: z
      .int()
      .optional()
      .meta({ description: 'Body part that it was put on; absent for the whole message.' }),
    type: z.string().meta({
      description: 'love, like, dislike, laugh, emphasize, question, sticker, or the emoji itself.',
    }),
    chat_id: chatIdField,
    line_id: lineIdField,
    line_handle: z.string(),
    sender: senderField,
    is_from_me: z.boolean(),
    added: z.boolean().meta({ description: 'false: it was taken back.' }),
    sent_at: instantField,
    synced_at: instantField,
  })
  .meta({ id: 'Reaction', description: 'A tapback, put on or taken back.' });

export type WireReaction = z.infer<typeof reactionSchema>;
