import { z } from 'zod';

const ms = z.number().int().min(0);

/** How long each step takes, in ms. What a row does later is counted from the moment that it appeared. */
export const timingSchema = z.strictObject({
  /** From Messages taking the Apple event to its row. */
  rowDelayMs: ms,
  /** From the row to its chat join. */
  joinDelayMs: ms,
  sentDelayMs: ms,
  deliveredDelayMs: ms,
  readDelayMs: ms,
  /** From an attachment's row to its file being on disk. */
  transferDelayMs: ms,
});

export type Timing = z.infer<typeof timingSchema>;

/** The row's 26 ms were measured on macOS 26; the rest is a fast network and an attentive contact. */
export const DEFAULT_TIMING: Timing = {
  rowDelayMs: 26,
  joinDelayMs: 3,
  sentDelayMs: 100,
  deliveredDelayMs: 400,
  readDelayMs: 1_500,
  transferDelayMs: 300,
};
