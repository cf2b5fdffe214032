import { z } from 'zod';
import { logLevels } from '../runtime/index.ts';
import { instantField } from './fields.ts';

export const logSettingsSchema = z
  .object({
    level: z.enum(logLevels),
    until: instantField.nullable().meta({ description: 'From then on the configured level holds again.' }),
  })
  .meta({ id: 'LogSettings', description: 'What the log tells while this process runs.' });

export const logSettingsBody = z.strictObject({
  level: z.enum(logLevels),
  for_minutes: z.number().positive().max(1440).optional().meta({
    description: 'How long; until the end of the process if left out.',
  }),
});
