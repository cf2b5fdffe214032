import { z } from 'zod';
import { fromField, textField, toField } from './send-message.ts';

const messageIdParam = z.string().min(1).max(256).meta({ description: '`msg_…` or the guid of chat.db.' });

const REACTIONS = ['love', 'like', 'dislike', 'laugh', 'emphasize', 'question'];
const EMOJI = /^\p{RGI_Emoji}$/v;
const isReaction = (value: string) => REACTIONS.some((name) => name === value) || EMOJI.test(value);

/** A tapback, in the shape of Messages.dev. */
export const sendReactionBody = z
  .strictObject({
    from: fromField,
    to: toField,
    message_id: messageIdParam,
    type: z
      .string()
      .max(64)
      .refine(isReaction, 'It must be a tapback or one emoji.')
      .meta({ description: 'love, like, dislike, laugh, emphasize, question, or an emoji.' }),
    remove: z.boolean().optional(),
  })
  .meta({ id: 'SendReaction' });

export const sendTypingBody = z
  .strictObject({ from: fromField, to: toField, state: z.enum(['on', 'off']).optional() })
  .meta({ id: 'SendTyping' });

export const sendReceiptBody = z
  .strictObject({ from: fromField, to: toField })
  .meta({ id: 'SendReceipt', description: 'Marks a chat as read.' });

export const editMessageBody = z.strictObject({ text: textField }).meta({ id: 'EditMessage' });
