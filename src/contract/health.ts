import { z } from 'zod';
import { captureSchema } from './capture.ts';
import { instantField } from './fields.ts';

export const healthSchema = z
  .looseObject({
    bridgeId: z.string(),
    status: z.enum(['healthy', 'unhealthy']),
    messagesAppRunning: z.boolean(),
    lastMessageSentAt: instantField.optional(),
    pendingCommands: z.int().meta({ description: 'Accepted and not ended.' }),
    deferredCommands: z.int().optional(),
    oldestDueMs: z.number().optional().meta({ description: 'How long the oldest due command has waited.' }),
    uptime: z.number().meta({ description: 'Seconds.' }),
    warnings: z.array(
      z.looseObject({
        code: z.string(),
        severity: z.enum(['degraded', 'unhealthy']),
        text: z.string(),
        action: z.string().meta({ description: 'What to do about it.' }),
      }),
    ),
    version: z.string(),
    checked_at: instantField,
    last_sequence: z.int().optional().meta({ description: 'With a key: head of the journal.' }),
    capture: captureSchema.optional().meta({ description: 'With a key: how chat.db is being read.' }),
    lines: z.array(z.unknown()).optional().meta({ description: 'With a key: the lines that it may see.' }),
  })
  .meta({ id: 'Health', description: 'How the bridge is, from a snapshot at most 10 seconds old.' });

export type WireHealth = z.infer<typeof healthSchema>;
