import { z } from 'zod';
import type { ApiClient } from './api-client.ts';

const PAGE = 100;

// Loose on purpose: what a newer daemon adds goes through as it is.
const pageSchema = z.object({
  data: z.array(z.looseObject({ type: z.string(), sequence: z.int(), timestamp: z.string() })),
  has_more: z.boolean(),
  next_after: z.int(),
});

type PagedEvent = z.infer<typeof pageSchema>['data'][number];

/** The sequence behind which all that was journalled at a moment (Unix ms) or later begins. */
export async function sequenceBefore(api: ApiClient, since: number): Promise<number> {
  const { data } = await api.get({
    path: '/v1/events',
    query: { since, limit: 1 },
    answer: pageSchema,
  });
  const [first] = data.data;
  return first === undefined ? data.next_after : first.sequence - 1;
}

/** The events of the journal after a sequence, or from a moment on, up to its end as it was when the last page was read. */
export async function* eventPages(
  api: ApiClient,
  from: {
    readonly after: number | undefined;
    readonly since: number | undefined;
    readonly types: string | undefined;
    readonly lines: string | undefined;
  },
): AsyncGenerator<PagedEvent> {
  let { after } = from;
  for (let hasMore = true; hasMore;) {
    const { data } = await api.get({
      path: '/v1/events',
      query: { ...from, after, limit: PAGE },
      answer: pageSchema,
    });
    yield* data.data;
    after = data.next_after;
    hasMore = data.has_more;
  }
}
