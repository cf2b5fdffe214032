import { z } from 'zod';
import { parseDestination, parseLineRef } from './references.ts';
import { textProblem } from './text-rules.ts';

/** The longest address or chat guid that is looked at. */
const MAX_ADDRESS_LENGTH = 320;

/** A client's own name for a request: 1–255 printable ASCII characters. */
export const clientMessageIdSchema = z
  .string()
  .regex(/^[\x20-\x7E]{1,255}$/u, 'It must be 1 to 255 printable ASCII characters.')
  .meta({
    description: 'Repeating a request under the same name sends nothing more. Same as `Idempotency-Key`.',
  });

export const sendMessageBody = z
  .strictObject({
    from: z
      .string()
      .max(MAX_ADDRESS_LENGTH)
      .refine((value) => parseLineRef(value) !== null, 'It must be the id (ln_…) or the address of a line.')
      .optional()
      .meta({ description: 'The line to send from; may be left out, since only one can be sent from.' }),
    to: z
      .string()
      .max(MAX_ADDRESS_LENGTH)
      .refine(
        (value) => parseDestination(value) !== null,
        'It must be a number in international form, an e-mail address, a chat id (cht_…) or a chat guid.',
      )
      .meta({ description: 'A handle, a chat id (`cht_…`) or a chat guid.', examples: ['+15551234567'] }),
    text: z
      .string()
      .superRefine((value, context) => {
        const problem = textProblem(value);
        if (problem !== null) {
          context.addIssue({ code: 'custom', message: problem });
        }
      })
      .meta({ description: 'At most 65,536 bytes of UTF-8, at least one visible character, no NUL.' }),
    client_message_id: clientMessageIdSchema.optional(),
    expires_at: z
      .int()
      .positive()
      .optional()
      .meta({ description: 'Unix time in ms; if it could not be sent until then, it never is.' }),
  })
  .meta({ id: 'SendMessage', description: 'A text to one contact or chat.' });
