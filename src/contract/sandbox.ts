import { z } from 'zod';
import { instantField } from './fields.ts';

export const sandboxSchema = z
  .object({
    code: z.string().meta({
      description: 'A contact who texts exactly this to the line is let in.',
      examples: ['7K2M-9QXD'],
    }),
    line: z.string().nullable().meta({ description: 'The line to text it to; `null` while none is known.' }),
    link: z.string().nullable().meta({ description: "Opens that text on Apple's devices." }),
    contacts: z.array(z.object({ handle: z.string(), activated_at: instantField })),
    quota: z
      .object({ limit: z.int(), used: z.int(), resets_at: instantField })
      .meta({ description: 'Sends of all sandbox keys together, by the day of UTC.' }),
  })
  .meta({ id: 'Sandbox', description: 'Whom sandbox keys may send to.' });
