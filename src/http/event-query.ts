import { z } from 'zod';
import { EVENT_TYPES, isEventType } from '../contract/index.ts';
import { HttpError } from './errors.ts';

const commaList = z
  .string()
  .min(1)
  .max(4096)
  .transform((value) => value.split(',').map((part) => part.trim()));

export const sequenceParam = z.coerce
  .number()
  .int()
  .min(0)
  .meta({ description: 'Read on after this sequence; 0 is before the first.' });

/** The parameters that reading and streaming share. */
export const eventQuery = {
  epoch: z.string().min(1).max(64).optional().meta({
    description: 'The epoch that `after` belongs to; another one means that the journal was begun anew.',
  }),
  types: commaList.optional().meta({ description: 'Only these event types, with commas between.' }),
  lines: commaList
    .optional()
    .meta({ description: 'Only these lines (ids or addresses), with commas between.' }),
};

/** The parameters of the WebSocket's URL. There is none for a key: URLs end up in logs. */
export const streamQuery = z.strictObject({
  after: sequenceParam.optional(),
  ...eventQuery,
  subscriber: z
    .string()
    .regex(/^[\w.-]{1,64}$/u)
    .optional()
    .meta({ description: 'Name under which acks are kept, so that the stream goes on there next time.' }),
});

/**
 * The event types asked for, `null` for all.
 * @throws HttpError `capability_unavailable` for typing, `invalid_parameter_value` for what does not exist.
 */
export function eventTypes(asked: readonly string[] | undefined): readonly string[] | null {
  if (asked === undefined) {
    return null;
  }
  if (asked.some((name) => name.startsWith('typing.'))) {
    throw new HttpError('capability_unavailable', { param: 'types' });
  }
  if (!asked.every(isEventType)) {
    throw new HttpError('invalid_parameter_value', {
      param: 'types',
      message: `\`types\` may hold: ${EVENT_TYPES.join(', ')}.`,
    });
  }
  return asked;
}
