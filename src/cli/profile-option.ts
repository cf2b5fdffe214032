import { Option } from 'commander';
import { webhookSchema } from '../contract/index.ts';

/** How a webhook speaks. */
export function profileOption(): Option {
  return new Option(
    '--profile <profile>',
    'as Standard Webhooks (the default), or as clients of Messages.dev verify it',
  ).choices(webhookSchema.shape.profile.options);
}
