import { z } from 'zod';
import { chatIdField, instantField, lineIdField, messageIdField } from './fields.ts';

export const readReceiptSchema = z
  .object({
    id: z.string().meta({ description: '`rcp_…`, a hash of the chat.' }),
    chat_id: chatIdField,
    line_id: lineIdField,
    handle: z.string().meta({ description: 'Who has read.' }),
    last_read_at: instantField,
    synced_at: instantField,
    message_id: messageIdField.meta({ description: 'The newest message of ours that was read.' }),
  })
  .meta({ id: 'ReadReceipt', description: 'How far a contact has read what we sent.' });
