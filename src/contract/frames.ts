import { z } from 'zod';
import { commandFrameSchema, commandResultSchema } from './command-frame.ts';
import { eventSchema } from './event.ts';
import { gapSchema } from './gap.ts';
import { ackFrameSchema, heartbeatFrameSchema } from './link-frames.ts';

/** What a client may send over the stream. */
export const clientFrameSchema = z
  .discriminatedUnion('type', [
    z
      .object({ type: z.literal('auth'), key: z.string().min(1).max(512) })
      .meta({ description: 'First frame, within 5 s, where no bearer header was sent.' }),
    ackFrameSchema,
    commandFrameSchema,
  ])
  .meta({ id: 'ClientFrame' });

/** What the bridge sends over the stream. */
export const serverFrameSchema = z
  .discriminatedUnion('type', [
    z
      .object({
        type: z.literal('hello'),
        bridge_id: z.string(),
        epoch: z.string(),
        head_sequence: z.int(),
        oldest_sequence: z.int(),
        versions: z.array(z.string()).meta({ description: 'The api versions that this bridge speaks.' }),
      })
      .meta({ description: 'First frame after authentication.' }),
    z.object({ type: z.literal('event'), event: eventSchema }),
    z
      .object({ type: z.literal('caught_up'), sequence: z.int() })
      .meta({ description: 'The replay has ended; what follows is live.' }),
    gapSchema.extend({ type: z.literal('gap') }),
    heartbeatFrameSchema,
    commandResultSchema,
  ])
  .meta({ id: 'ServerFrame' });

export type ServerFrame = z.infer<typeof serverFrameSchema>;
