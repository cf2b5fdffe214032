import { z } from 'zod';

export const forgetBody = z.strictObject({
  handle: z.string().min(1).max(256).meta({ description: 'The contact: a number or an e-mail address.' }),
});

export const erasureSchema = z
  .object({
    handle: z.string(),
    events: z.int().meta({ description: 'Events that became `event.erased`, each under its sequence.' }),
    commands: z.int().meta({ description: 'Items of the outbox whose texts and metadata were erased.' }),
    canceled: z.int().meta({ description: 'Of these, the ones that were still waiting: they are not sent.' }),
    kept: z.int().meta({
      description:
        'Items that are being sent or whose outcome is still looked after: their texts are what proves them. Ask again later.',
    }),
    files: z.int().meta({ description: 'Uploads that nothing else needs and that were removed.' }),
    is_scrubbed: z.boolean().meta({
      description:
        'Nothing of it is left in what the store has on the disk beside its tables. `false`: another program reads the store just now; ask again.',
    }),
    also_in: z.array(z.string()).meta({
      description: 'Stores that were set aside in the data folder: they still hold what they held.',
    }),
  })
  .meta({ id: 'Erasure', description: 'What was erased of a contact.' });

export type WireErasure = z.infer<typeof erasureSchema>;
