import { z } from 'zod';

export const readersRequestSchema = z.discriminatedUnion('kind', [
  /** Connects so many readers, each behind event `after`. With `churn` they leave and come back at random. */
  z.object({
    kind: z.literal('connect'),
    url: z.string(),
    authorization: z.string(),
    readers: z.number(),
    after: z.number(),
    churn: z.boolean(),
    seed: z.number(),
  }),
  /** Waits until every reader has what comes up to `sequence`, at most so long, and says what each has. */
  z.object({ kind: z.literal('collect'), sequence: z.number(), limitMs: z.number() }),
  z.object({ kind: z.literal('close') }),
]);

const readerSchema = z.object({
  /** The sequences in the order in which they came. */
  sequences: z.instanceof(Uint32Array),
  /** When each came, on the shared clock. */
  at: z.instanceof(Float64Array),
  connections: z.number(),
});
export const collectedSchema = z.object({
  readers: z.array(readerSchema),
  /** Of message events: the guid by its sequence, as the first reader saw it. */
  guids: z.map(z.number(), z.string()),
});
export type Collected = z.infer<typeof collectedSchema>;

export const echoRequestSchema = z.object({ kind: z.literal('listen') });
export const echoAddressSchema = z.object({ url: z.string() });
