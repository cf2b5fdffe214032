import { z } from 'zod';
import { instantField } from './fields.ts';

export const diagnosisSchema = z
  .object({
    asked: z.enum(['agent', 'command']).meta({
      description:
        '`agent`: the daemon looked itself. `command`: a command did, in whose place permissions may differ.',
    }),
    checked_at: instantField,
    checks: z.array(
      z.object({
        id: z.string().meta({ description: 'Stable; `health.<code>` for a warning of `/health`.' }),
        title: z.string(),
        status: z.enum(['ok', 'warn', 'fail']),
        evidence: z.string().meta({ description: 'What was found, as a sentence.' }),
        cure: z.string().nullable().meta({ description: 'What to do about it; `null` where nothing is.' }),
        pane: z.string().nullable().meta({ description: 'The pane of System Settings, as `open` takes it.' }),
      }),
    ),
  })
  .meta({ id: 'Diagnosis', description: 'What was looked at on this Mac, and what it is like.' });

export type WireDiagnosis = z.infer<typeof diagnosisSchema>;
