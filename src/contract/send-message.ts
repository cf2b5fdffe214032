import { z } from 'zod';
import { parseDestination, parseLineRef } from './references.ts';
import { textProblem } from './text-rules.ts';

/** The longest address or chat guid that is looked at. */
const MAX_ADDRESS_LENGTH = 320;
const MAX_ATTACHMENTS = 10;
const MAX_METADATA_KEYS = 16;
const MAX_METADATA_BYTES = 4_096;

/** A client's own name for a request: 1–255 printable ASCII characters. */
export const clientMessageIdSchema = z
  .string()
  .regex(/^[\x20-\x7E]{1,255}$/u, 'It must be 1 to 255 printable ASCII characters.')
  .meta({
    description: 'Repeating a request under the same name sends nothing more. Same as `Idempotency-Key`.',
  });

export const fromField = z
  .string()
  .max(MAX_ADDRESS_LENGTH)
  .refine((value) => parseLineRef(value) !== null, 'It must be the id (ln_…) or the address of a line.')
  .optional()
  .meta({ description: 'The line to send from; may be left out, since only one can be sent from.' });

export const toField = z
  .string()
  .max(MAX_ADDRESS_LENGTH)
  .refine(
    (value) => parseDestination(value) !== null,
    'It must be a number in international form, an e-mail address, a chat id (cht_…) or a chat guid.',
  )
  .meta({ description: 'A handle, a chat id (`cht_…`) or a chat guid.', examples: ['+15551234567'] });

export const textField = z
  .string()
  .superRefine((value, context) => {
    const problem = textProblem(value);
    if (problem !== null) {
      context.addIssue({ code: 'custom', message: problem });
    }
  })
  .meta({ description: 'At most 65,536 bytes of UTF-8, at least one visible character, no NUL.' });

const moment = z.int().positive().optional();

const metadataField = z
  .record(z.string().min(1).max(64), z.string().max(1_024))
  .refine((value) => Object.keys(value).length <= MAX_METADATA_KEYS, 'It must have at most 16 entries.')
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value), 'utf8') <= MAX_METADATA_BYTES,
    'It must not be longer than 4,096 bytes.',
  )
  .optional()
  .meta({ description: "The client's own words, given back with the item and its events." });

const optInField = z
  .strictObject({
    source: z.string().min(1).max(256).meta({ description: 'Where it was, such as `signup form`.' }),
    at: z.int().positive().meta({ description: 'Unix time in ms.' }),
  })
  .optional()
  .meta({ description: 'Where and when the contact agreed to be written to (rule `cold_outreach`).' });

const onLimitField = z.enum(['reject', 'queue']).optional().meta({
  description:
    'What a full cap does: `reject`, the default, refuses with the time of the next free place; `queue` waits for it.',
});

export const sendMessageBody = z
  .strictObject({
    from: fromField,
    to: toField,
    text: textField.optional(),
    attachments: z.array(z.string().min(1).max(64)).max(MAX_ATTACHMENTS).optional().meta({
      description: 'Ids of uploaded files (`file_…`); each goes as a message of its own, after the text.',
    }),
    reply_to: z.string().min(1).max(256).optional().meta({ description: 'Needs the capability `reply`.' }),
    effect: z.string().min(1).max(64).optional().meta({ description: 'Needs the capability `effects`.' }),
    format: z.enum(['plain', 'markdown']).optional().meta({
      description: '`markdown` needs the capability `formatting`, or `degrade`.',
    }),
    degrade: z.boolean().optional().meta({
      description: 'A text whose format this line cannot show goes out as clean plain text.',
    }),
    service: z.enum(['auto', 'imessage', 'sms', 'rcs']).optional().meta({
      description: '`auto`, the default: where the conversation went last.',
    }),
    fallback: z.enum(['sms']).optional().meta({
      description:
        'With `auto`: a text message follows once an iMessage has stood as not reachable (error 22) for a while.',
    }),
    client_message_id: clientMessageIdSchema.optional(),
    not_before: moment.meta({ description: 'Unix time in ms; it is not sent sooner.' }),
    after_reply: z.boolean().optional().meta({
      description: 'It waits until the contact writes next, no longer than until `expires_at`.',
    }),
    expires_at: moment.meta({
      description: 'Unix time in ms; if it could not be sent until then, it never is.',
    }),
    metadata: metadataField,
    opt_in: optInField,
    on_limit: onLimitField,
  })
  .superRefine((body, context) => {
    if (body.text === undefined && (body.attachments ?? []).length === 0) {
      context.addIssue({ code: 'custom', path: ['text'], message: 'There must be a text or an attachment.' });
    }
    if (body.fallback !== undefined && (body.service ?? 'auto') !== 'auto') {
      context.addIssue({
        code: 'custom',
        path: ['fallback'],
        message: 'It goes with `service: "auto"` only.',
      });
    }
  })
  .meta({ id: 'SendMessage', description: 'A text, files, or both, to one contact or chat.' });
