import { z } from 'zod';
import { sendFields } from './send-audio.ts';

/** Longest single value of a card, in UTF-16 units. */
const MAX_VALUE = 500;
const MAX_NOTE = 10_000;
/** The longest vCard that is taken; pictures are part of it. */
const MAX_VCARD = 900_000;
const MAX_VALUES = 50;

const VISIBLE = /[^\p{C}\p{Z}]/u;
const value = z.string().min(1).max(MAX_VALUE).regex(VISIBLE, 'It holds no visible character.');
const label = z.enum(['mobile', 'home', 'work', 'main', 'iphone', 'other']).optional();
const labelled = z.strictObject({
  value,
  label,
  primary: z.boolean().optional().meta({ description: 'The one that is offered first.' }),
});

const cardFields = z
  .strictObject({
    first_name: value.optional(),
    middle_name: value.optional(),
    last_name: value.optional(),
    name_prefix: value.optional(),
    name_suffix: value.optional(),
    display_name: value
      .optional()
      .meta({ description: 'What is shown; made of the other names if left out.' }),
    nickname: value.optional(),
    organization: value.optional(),
    department: value.optional(),
    title: value.optional(),
    phones: z.array(labelled).max(MAX_VALUES).optional(),
    emails: z.array(labelled).max(MAX_VALUES).optional(),
    urls: z.array(labelled).max(MAX_VALUES).optional(),
    addresses: z
      .array(
        z.strictObject({
          street: value.optional(),
          city: value.optional(),
          region: value.optional(),
          postal_code: value.optional(),
          country: value.optional(),
          label,
        }),
      )
      .max(MAX_VALUES)
      .optional(),
    birthday: z.iso.date().optional().meta({ description: 'YYYY-MM-DD' }),
    note: z.string().min(1).max(MAX_NOTE).optional(),
    photo: z.string().min(1).max(64).optional().meta({
      description: '`file_…` of an uploaded JPEG or PNG of at most 512 KiB.',
    }),
  })
  .refine(
    (card) =>
      [card.display_name, card.first_name, card.last_name, card.organization, card.nickname].some(
        (name) => name !== undefined,
      ),
    'It needs a name: display_name, first_name, last_name, nickname or organization.',
  )
  .meta({ id: 'ContactCard', description: 'A person or a company.' });

export type WireContactCard = z.output<typeof cardFields>;

export const sendContactCardBody = z
  .strictObject({
    ...sendFields,
    card: cardFields.optional(),
    vcard: z.string().min(1).max(MAX_VCARD).optional().meta({
      description: 'A vCard 3.0 or 4.0 instead of `card`; it is sent as 3.0, which Messages reads.',
    }),
    force: z
      .boolean()
      .optional()
      .meta({ description: 'Send it even if a card went to this chat within the last 24 hours.' }),
  })
  .meta({ id: 'SendContactCard', description: 'A contact card to one contact or chat, as a file.' });
