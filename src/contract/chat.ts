import { z } from 'zod';
import { chatIdField, instantField, lineIdField } from './fields.ts';

export const chatSchema = z
  .object({
    id: chatIdField,
    line_id: lineIdField,
    identifier: z.string().meta({ description: "The contact's address, or the name of a group's row." }),
    guid: z
      .string()
      .meta({ description: 'The chat guid of this macOS; it changes with macOS, the id does not.' }),
    service: z.string().meta({ description: 'Service last used; each message carries its own.' }),
    name: z.string().optional().meta({ description: 'Display name of a group.' }),
    last_message_at: instantField.optional(),
    is_group: z.boolean(),
    participants: z.array(z.string()).meta({ description: 'The others; the owner is not listed.' }),
  })
  .meta({ id: 'Chat', description: 'A conversation with one contact, or a group.' });

export type WireChat = z.infer<typeof chatSchema>;
