import { z } from 'zod';

export const attachmentSchema = z
  .object({
    id: z.string().meta({ description: '`file_…`, a hash of the guid.' }),
    guid: z.string(),
    filename: z.string().optional().meta({ description: 'The name that people see.' }),
    mime_type: z.string().optional(),
    size: z.number().meta({ description: 'Bytes, as Messages states them.' }),
    transfer_state: z.int().meta({ description: "Messages' own number; 5 means that the file is on disk." }),
    is_sticker: z.boolean(),
  })
  .meta({ id: 'Attachment', description: 'A file of a message: what is known of it, never its bytes.' });

export type WireAttachment = z.infer<typeof attachmentSchema>;
