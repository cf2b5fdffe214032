import { z } from 'zod';
import { errorSchema, eventPageSchema } from '../../contract/index.ts';
import { instant, sequence } from '../../domain/index.ts';
import { startPosition } from '../../events/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import { eventQuery, eventTypes, sequenceParam, streamQuery } from '../event-query.ts';
import type { HttpApp } from '../http-app.ts';
import { eventLines } from '../line-access.ts';
import type { OpenStreams } from '../open-streams.ts';
import type { JournalPort, StreamPort } from '../stream-port.ts';
import { keyRefusal } from '../refusals.ts';
import { eventsSseRoute } from './events-sse.ts';

/** What a page of the longest texts weighs is still sent in one piece: some 30 MB. */
const MAX_EVENTS = 500;

const eventsQuery = z.strictObject({
  after: sequenceParam.optional(),
  since: z.coerce
    .number()
    .int()
    .optional()
    .meta({ description: 'Only what was journalled at this moment (Unix ms) or later.' }),
  limit: z.coerce.number().int().min(1).max(MAX_EVENTS).default(100),
  ...eventQuery,
});

export function eventsRoutes(
  app: HttpApp,
  deps: {
    readonly journal: JournalPort;
    readonly stream: Pick<StreamPort, 'attachSse'>;
    readonly streams: OpenStreams;
  },
): void {
  const { journal } = deps;
  // The generics say that the answer is text: the journal keeps events as JSON, and they go out as they are.
  app.get<{ Querystring: z.output<typeof eventsQuery>; Reply: string }>(
    '/v1/events',
    {
      config: { auth: { need: 'key', scope: 'events:read' } },
      schema: {
        operationId: 'listEvents',
        summary: 'Read the journal, oldest first',
        description:
          'A page may hold fewer events than `limit`, even none, while `has_more` is true: a filter that lets little ' +
          'pass is searched for piece by piece. Go on with `next_after`.',
        querystring: eventsQuery,
        response: { 200: eventPageSchema, ...keyRefusal },
      },
    },
    async (request, reply) => {
      const { limit, types, lines, after, since, epoch } = request.query;
      const filter = { types: eventTypes(types), lines: eventLines(lines, grantOf(request)) };
      // Taken before reading: whatever matches up to here is on this page or announced by has_more.
      const head = journal.head();
      const oldest = journal.oldest();
      const asked = after ?? oldest - 1;
      const first = since === undefined ? oldest : journal.firstSince(instant(since));
      // One that is the oldest says nothing of those before it, which are told as a gap.
      const from = first > oldest ? Math.max(asked, first - 1) : asked;
      const start = startPosition(
        { after: sequence(from), epoch: epoch ?? null, cursor: null },
        { epoch: journal.epoch, head, oldest },
      );
      const { events, scannedTo } = await journal.read(start.after, { ...filter, limit: limit + 1 });
      const shown = events.slice(0, limit);
      const isOver = events.length > limit;
      const hasMore = isOver || scannedTo < head;
      const nextAfter = isOver
        ? (shown.at(-1)?.sequence ?? start.after)
        : Math.max(scannedTo, hasMore ? 0 : head);
      const rest = JSON.stringify({
        has_more: hasMore,
        next_cursor: hasMore ? String(nextAfter) : null,
        next_after: nextAfter,
        epoch: journal.epoch,
        head_sequence: head,
        oldest_sequence: oldest,
        gap: start.gap ?? undefined,
        request_id: request.id,
      });
      const data = shown.map((event) => event.json).join(',');
      return reply.type('application/json').send(`{"data":[${data}],${rest.slice(1)}`);
    },
  );

  eventsSseRoute(app, deps);

  app.get(
    '/v1/events/stream',
    {
      config: { auth: { need: 'key', scope: 'events:read' } },
      schema: {
        operationId: 'streamEvents',
        summary: 'The event stream, a WebSocket',
        description:
          'Connect with `Upgrade: websocket`. Send the key as a bearer header, or as the first frame ' +
          '`{"type":"auth","key":"…"}` within 5 seconds. Frames are ServerFrame and ClientFrame.',
        querystring: streamQuery,
        response: { ...keyRefusal, 426: errorSchema },
      },
    },
    () => {
      throw new HttpError('upgrade_required');
    },
  );
}
