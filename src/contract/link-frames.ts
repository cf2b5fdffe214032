import { z } from 'zod';
import { commandFrameSchema, commandResultSchema } from './command-frame.ts';
import { eventSchema } from './event.ts';
import { instantField } from './fields.ts';
import { gapSchema } from './gap.ts';
import { healthSchema } from './health.ts';
import { limitsSchema } from './limits/lowering.ts';
import { usageSchema } from './limits/usage.ts';
import { lineSchema } from './line.ts';

/** The frames of the link that a bridge opens to its controller: those of the stream, and these besides. */

/** The bridge's first frame. */
export const registerFrameSchema = z
  .object({
    type: z.literal('register'),
    bridge_id: z.string(),
    epoch: z.string().meta({ description: 'Named anew with each new store.' }),
    instance_id: z.string().meta({
      description:
        'Drawn at each start of the daemon: two that are connected under one `bridge_id` are two daemons.',
    }),
    version: z.string(),
    versions: z.array(z.string()).meta({ description: 'The api versions that this bridge speaks.' }),
    started_at: instantField,
    system: z.object({
      platform: z.string(),
      release: z.string().optional().meta({ description: 'Of macOS, such as 26.1.' }),
      build: z.string().optional().meta({ description: 'Of macOS, such as 25B78.' }),
    }),
    lines: z.array(lineSchema).meta({ description: 'With what each can do, in `capabilities`.' }),
    limits: limitsSchema,
    head_sequence: z.int(),
    oldest_sequence: z.int(),
  })
  .meta({ id: 'RegisterFrame' });

/** The controller's answer: from where on it wants events. */
export const registeredFrameSchema = z
  .object({
    type: z.literal('registered'),
    after: z.int().nonnegative().nullish().meta({
      description:
        'Everything up to this sequence has been dealt with. Without it the bridge goes on behind the last ack, or begins with the oldest event that it has.',
    }),
    epoch: z.string().nullish().meta({ description: 'The epoch that `after` counts in.' }),
    window: z.int().positive().nullish().meta({
      description:
        'So many events at most are sent ahead of the last ack; without it, as the socket takes them.',
    }),
  })
  .meta({ id: 'RegisteredFrame' });

export const healthFrameSchema = z
  .object({
    type: z.literal('health'),
    health: healthSchema.meta({ description: 'As `GET /health` tells a key that may see all of it.' }),
    usage: usageSchema.optional().meta({ description: 'Absent where it could not be counted just now.' }),
  })
  .meta({ id: 'HealthFrame' });

export const ackFrameSchema = z
  .object({ type: z.literal('ack'), sequence: z.int().nonnegative() })
  .meta({ description: 'Everything up to this sequence has been dealt with; cumulative.' });

export const heartbeatFrameSchema = z.object({
  type: z.literal('heartbeat'),
  head_sequence: z.int(),
  status: z.enum(['healthy', 'unhealthy']),
  at: instantField,
});

/** What a bridge sends over the link. */
export const linkBridgeFrameSchema = z
  .discriminatedUnion('type', [
    registerFrameSchema,
    z.object({ type: z.literal('event'), event: eventSchema }),
    z.object({ type: z.literal('caught_up'), sequence: z.int() }),
    gapSchema.extend({ type: z.literal('gap') }),
    heartbeatFrameSchema,
    healthFrameSchema,
    commandResultSchema,
  ])
  .meta({ id: 'LinkBridgeFrame' });

/** What a controller sends over the link. */
export const linkControllerFrameSchema = z
  .discriminatedUnion('type', [registeredFrameSchema, ackFrameSchema, commandFrameSchema])
  .meta({ id: 'LinkControllerFrame' });

export type RegisterFrame = z.infer<typeof registerFrameSchema>;
export type LinkBridgeFrame = z.infer<typeof linkBridgeFrameSchema>;
export type LinkControllerFrame = z.infer<typeof linkControllerFrameSchema>;

/** Close codes of streams and of the link: two that are registered with IANA (RFC 6455), and our own. */
export const CLOSE_CODES = {
  goingAway: 1001,
  /** "Try again later": a reader that is too slow, or a peer that cannot serve now. */
  tryAgainLater: 1013,
  badFrame: 4400,
  unauthenticated: 4401,
  forbidden: 4403,
  /** Link: another daemon is connected under the same bridge id. */
  bridgeIdInUse: 4409,
  /** Link: the same daemon has connected anew. */
  superseded: 4410,
} as const;
