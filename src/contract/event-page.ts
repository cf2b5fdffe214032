import { z } from 'zod';
import { eventSchema } from './event.ts';
import { gapSchema } from './gap.ts';
import { list } from './list.ts';

/** One page of the journal, oldest first. */
export const eventPageSchema = list(eventSchema)
  .extend({
    next_cursor: z.string().nullable().meta({ description: 'Pass it back as `after`.' }),
    next_after: z.int().meta({ description: 'The `after` to go on with, on the last page too.' }),
    epoch: z.string(),
    head_sequence: z.int(),
    oldest_sequence: z.int(),
    gap: gapSchema.optional(),
  })
  .meta({ id: 'EventPage', description: 'Events in the order of their sequence.' });
