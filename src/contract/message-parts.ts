import { z } from 'zod';
import { instantField } from './fields.ts';

const partIndex = z.int().optional().meta({
  description:
    'The number by which tapbacks, edits and replies name the part; absent where the body gives none.',
});

const detectedSchema = z.object({
  type: z
    .enum(['phone_number', 'address', 'money', 'calendar_event', 'other'])
    .meta({ description: 'What kind of thing it is.' }),
  text: z
    .string()
    .optional()
    .meta({ description: 'What matched; absent where the stored result cannot be read.' }),
});

const runSchema = z
  .object({
    start: z.int().meta({ description: "UTF-16 units from the beginning of the part's text." }),
    length: z.int().meta({ description: 'UTF-16 units.' }),
    styles: z
      .array(z.enum(['bold', 'italic', 'underline', 'strikethrough']))
      .meta({ description: 'How the stretch is written.' }),
    effect: z
      .union([z.enum(['ripple', 'big', 'bloom', 'nod', 'shake', 'jitter', 'small', 'explode']), z.int()])
      .optional()
      .meta({ description: "Its animation; Messages' own number for one without a known name." }),
    mention: z.string().optional().meta({ description: 'The handle of whom it mentions.' }),
    link: z
      .string()
      .optional()
      .meta({ description: 'Where it links to: a URL of any scheme, `tel:` and `mailto:` among them.' }),
    one_time_code: z.string().optional().meta({ description: 'The one-time code that it shows.' }),
    detected: detectedSchema
      .optional()
      .meta({ description: "What Messages' data detectors found in the stretch." }),
  })
  .meta({
    id: 'TextRun',
    description: 'A stretch of a text part that carries something beside its letters.',
  });

export const partSchema = z
  .discriminatedUnion('type', [
    z.object({
      type: z.literal('text').meta({ description: 'Text.' }),
      index: partIndex,
      text: z.string().meta({ description: 'The text of the part, exactly as the body holds it.' }),
      runs: z
        .array(runSchema)
        .meta({ description: 'The stretches that carry more than letters; empty for plain text.' }),
    }),
    z.object({
      type: z.literal('attachment').meta({ description: 'A file.' }),
      index: partIndex,
      attachment_id: z
        .string()
        .meta({ description: '`file_…`; the attachment itself may not be listed yet.' }),
      guid: z.string().meta({ description: 'The `attachment.guid` of chat.db.' }),
      is_emoji: z.boolean().meta({
        description: 'A picture that stands for a letter: a genmoji, a memoji or a sticker in the text.',
      }),
      transcription: z.string().optional().meta({ description: 'What is said in it.' }),
    }),
    z.object({
      type: z.literal('app').meta({ description: "The place of an app's balloon." }),
      index: partIndex,
    }),
    z.object({
      type: z.literal('heading').meta({ description: "A heading line of an app's message." }),
      index: partIndex,
      text: z.string().meta({ description: 'The line, as Messages stores it.' }),
    }),
    z.object({
      type: z.literal('unsent').meta({ description: 'A part that its sender took back.' }),
      index: z.int().meta({ description: 'The number that the part had.' }),
    }),
  ])
  .meta({ id: 'Part', description: 'One piece of a message, in the order in which it is shown.' });

export const partHistorySchema = z
  .object({
    part: z.int().meta({ description: 'The number of the part.' }),
    revisions: z
      .array(
        z.object({
          at: instantField.meta({ description: 'When it came to say this. Unix time in milliseconds.' }),
          text: z
            .string()
            .optional()
            .meta({ description: 'What it said; absent where that body cannot be decoded.' }),
        }),
      )
      .meta({ description: 'Oldest first: the first is what was sent, the last is what it says now.' }),
  })
  .meta({ id: 'PartHistory', description: 'Every text that an edited part has had.' });

export const translationSchema = z
  .object({
    part: z.int().meta({ description: 'The number of the part.' }),
    text: z.string().meta({ description: 'The translation.' }),
    language: z.string().optional().meta({ description: 'Language of the translation.' }),
    source_language: z.string().optional().meta({ description: 'Language of the original.' }),
  })
  .meta({ id: 'Translation', description: "Messages' own translation of a part (macOS 26 on)." });

export type WirePart = z.infer<typeof partSchema>;
export type WireRun = z.infer<typeof runSchema>;
export type WirePartHistory = z.infer<typeof partHistorySchema>;
export type WireTranslation = z.infer<typeof translationSchema>;
