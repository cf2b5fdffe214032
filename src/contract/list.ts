import { z } from 'zod';
import { requestIdField } from './fields.ts';

/** One page of a list. `next_cursor` goes back as `cursor` and is `null` on the last page. */
export function list<T extends z.ZodType>(item: T) {
  return z.object({
    data: z.array(item),
    has_more: z.boolean(),
    next_cursor: z.string().nullable().meta({ description: 'Opaque; pass it back as `cursor`.' }),
    request_id: requestIdField,
  });
}
