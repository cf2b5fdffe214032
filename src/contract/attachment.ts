import { z } from 'zod';
import { instantField } from './fields.ts';

export const attachmentSchema = z
  .object({
    id: z.string().meta({ description: '`file_…`, a hash of the guid.' }),
    guid: z.string().meta({ description: 'The `attachment.guid` of chat.db.' }),
    filename: z.string().optional().meta({ description: 'The name that people see.' }),
    mime_type: z.string().optional().meta({ description: "Its type, as stored or by the name's ending." }),
    uti: z.string().optional().meta({ description: "Apple's type identifier." }),
    size: z.number().meta({ description: 'Bytes, as Messages states them.' }),
    transfer_state: z.int().meta({ description: "Messages' own number; 5 means that the file is on disk." }),
    ready: z.boolean().meta({ description: 'The file is on disk and can be fetched.' }),
    url: z.string().optional().meta({
      description:
        'Path on this bridge from which the file can be fetched with a key; absent until it is ready.',
    }),
    is_outgoing: z.boolean().meta({ description: 'It was sent from our side.' }),
    is_sticker: z.boolean().meta({ description: 'It is a sticker.' }),
    sticker_kind: z
      .enum(['user', 'genmoji', 'memoji', 'emoji', 'other'])
      .optional()
      .meta({ description: 'What made the sticker.' }),
    description: z.string().optional().meta({ description: 'What a genmoji shows, in words.' }),
    width: z.number().optional().meta({ description: 'Pixels, where Messages noted them.' }),
    height: z.number().optional().meta({ description: 'Pixels, where Messages noted them.' }),
    transcription: z.string().optional().meta({ description: 'What is said in a voice message.' }),
    created_at: instantField
      .optional()
      .meta({ description: 'When Messages made its row. Unix time in milliseconds.' }),
  })
  .meta({ id: 'Attachment', description: 'A file of a message: what is known of it, never its bytes.' });

export type WireAttachment = z.infer<typeof attachmentSchema>;
