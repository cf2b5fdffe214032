import { z } from 'zod';
import { lineIdField } from './fields.ts';

/** Longer than any QR code can hold. */
const MAX_BODY = 4_000;

export const linkBody = z
  .string()
  .max(MAX_BODY)
  .meta({ description: 'The words that the text begins with; empty or left out for none.' });

export const lineLinkSchema = z
  .object({
    line_id: lineIdField,
    handle: z.string().meta({ description: 'The address that the text goes to.' }),
    link: z.string().meta({
      description: "Opens a text on Apple's devices: `sms:<address>&body=<percent-encoded words>`.",
      examples: ['sms:+15559990000&body=Hello%20there'],
    }),
    android: z.string().nullable().meta({
      description: 'The same for Android, with `?body=`; `null` for an e-mail address.',
    }),
    qr: z.object({
      svg: z.string(),
      png: z.string().meta({ description: 'Base64.' }),
      terminal: z.string().meta({ description: 'Half blocks, for light text on a dark ground.' }),
    }),
  })
  .meta({ id: 'LineLink', description: 'What a contact opens, or scans, to write to a line first.' });
