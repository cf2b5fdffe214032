import { z } from 'zod';

/** Events that a reader asked for and cannot get. */
export const gapSchema = z
  .object({
    from: z.int(),
    to: z.int(),
    reason: z.enum(['retention', 'epoch_changed', 'ahead_of_head']).meta({
      description: 'No longer kept; numbered by another store; or never given out by this one.',
    }),
  })
  .meta({
    description:
      'Sequences from…to (inclusive) cannot be read; reading goes on from the oldest that is kept.',
  });

export type Gap = z.infer<typeof gapSchema>;
