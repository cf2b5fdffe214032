import { z } from 'zod';
import { instantField } from './fields.ts';

const RECONCILE_KINDS = ['start', 'lost', 'daily'] as const;

/** How chat.db is being read, as `/health` tells it to a key. */
export const captureSchema = z
  .object({
    mode: z.enum(['wal', 'scan']).meta({
      description:
        '`wal`: a change of any row is learned from the WAL. `scan`: recent and open rows are compared, all others once a day.',
    }),
    mode_reason: z.string().optional().meta({ description: 'Why the mode is `scan`.' }),
    state: z.enum(['starting', 'following', 'unavailable', 'stopped']),
    code: z.string().nullable().meta({ description: 'Why it is unavailable.' }),
    cursor: z.int().nullable().meta({ description: 'ROWID up to which rows have been told or wait.' }),
    lag_ms: z.number().meta({ description: 'From the look that found the last rows to their commit.' }),
    pending_rows: z.int().meta({ description: 'Rows that wait for their chat or their body.' }),
    looks: z.int().optional(),
    resets: z.object({ proved: z.int(), salvaged: z.int(), lost: z.int() }).optional().meta({
      description:
        'Times that the WAL began anew since the reading process started: with every commit seen, with the last ones read from its old tail, or with commits that nobody saw, after which everything was compared.',
    }),
    page_map_ms: z.number().nullable().optional().meta({
      description: 'How long it took to learn where the pages of the tables are; one read transaction.',
    }),
    database: z
      .object({ page_size: z.int(), auto_vacuum: z.int(), journal_mode: z.string() })
      .optional()
      .meta({ description: 'How SQLite keeps the file.' }),
    reconcile: z
      .object({
        running: z.enum(RECONCILE_KINDS).nullable(),
        rows: z.int().meta({ description: 'Compared so far.' }),
        of: z.int().meta({ description: 'About how many there are.' }),
        surprises: z
          .int()
          .meta({ description: 'Changes that only the daily comparison found: expected are none.' }),
        finished_at: instantField.nullable(),
      })
      .optional()
      .meta({ description: 'The comparison of every row with what was last told of it.' }),
  })
  .meta({ id: 'Capture' });

export type WireCapture = z.infer<typeof captureSchema>;
