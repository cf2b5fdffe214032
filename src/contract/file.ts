import { z } from 'zod';
import { instantField, requestIdField } from './fields.ts';

export const fileSchema = z
  .object({
    id: z.string().meta({ description: '`file_…`', examples: ['file_01KAHV6MZ8T5N2Q4X7C9D1E3FG'] }),
    mime_type: z.string().meta({ description: 'What its bytes show, else what was declared.' }),
    size: z.int().meta({ description: 'Bytes.' }),
    filename: z.string().meta({ description: 'The name that the recipient will see.' }),
    url: z
      .string()
      .meta({ description: 'Path on this bridge from which the key that sent it can fetch it.' }),
    created_at: instantField,
    expires_at: instantField.meta({ description: 'Not kept after that. Unix time in milliseconds.' }),
    request_id: requestIdField,
  })
  .meta({ id: 'File', description: 'A file that was handed in, to be sent.' });

export type WireFile = z.infer<typeof fileSchema>;
