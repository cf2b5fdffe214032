import { z } from 'zod';

/** A row of ours that a receipt can come for. */
const rowSchema = z.object({ rowId: z.number(), guid: z.string() });
export type OwnRow = z.infer<typeof rowSchema>;
export const rowsSchema = z.array(rowSchema);

/** What one transaction does. */
const actSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('receive') }),
  z.object({ type: z.enum(['deliver', 'read']), row: rowSchema }),
]);
export type Act = z.infer<typeof actSchema>;

export const writerRequestSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('open'), path: z.string() }),
  z.object({ kind: z.literal('synchronous'), level: z.enum(['NORMAL', 'FULL']) }),
  /** Own rows without a read receipt from the older half of the file; they are made four years older. */
  z.object({ kind: z.literal('old-rows'), count: z.number() }),
  /** Own rows that were just sent. */
  z.object({ kind: z.literal('fresh-rows'), count: z.number() }),
  /** Each act in a transaction of its own, with a random pause between the two bounds after the one before. */
  z.object({
    kind: z.literal('write'),
    acts: z.array(actSchema),
    gapMs: z.tuple([z.number(), z.number()]),
  }),
  /** Received rows in as few transactions as `perTransaction` allows. */
  z.object({ kind: z.literal('burst'), count: z.number(), perTransaction: z.number() }),
]);

/** One change; its `key` is that of the event which must come of it. Times are on the shared clock. */
const sampleSchema = z.object({
  key: z.string(),
  /** Just before COMMIT. */
  before: z.number(),
  /** Just after it returned. */
  after: z.number(),
});
export type Sample = z.infer<typeof sampleSchema>;
export const writtenSchema = z.object({
  samples: z.array(sampleSchema),
  /** The largest `-wal` seen after a commit. */
  maxWalBytes: z.number(),
});
export type Written = z.infer<typeof writtenSchema>;

export const followerRequestSchema = z.discriminatedUnion('kind', [
  /** `path` of the database to follow. */
  z.object({ kind: z.literal('open'), path: z.string() }),
  /** Only for the floor: the rows whose change comes next, in this order. */
  z.object({ kind: z.literal('expect'), rows: rowsSchema }),
  /** What has been seen since the last time. */
  z.object({ kind: z.literal('collect') }),
]);

export const seenSchema = z.array(z.object({ key: z.string(), at: z.number() }));
export type Seen = z.infer<typeof seenSchema>[number];

/** The event that tells of a change, as it is named on the wire, and the message concerned. */
export function eventKey(type: string, guid: string): string {
  return `${type} ${guid}`;
}
