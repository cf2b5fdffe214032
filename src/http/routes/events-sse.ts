import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import { sequence } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { HttpError } from '../errors.ts';
import { eventQuery, eventTypes, sequenceParam } from '../event-query.ts';
import type { HttpApp } from '../http-app.ts';
import { eventLines } from '../line-access.ts';
import type { OpenStreams, StreamSocket } from '../open-streams.ts';
import type { StreamPort } from '../stream-port.ts';
import { keyRefusal } from '../refusals.ts';

const sseQuery = z.strictObject({ after: sequenceParam.optional(), ...eventQuery });
/** As the ids of the events are given: `<epoch>/<sequence>`; a bare sequence will do. */
const LAST_EVENT_ID = /^(?:([\w.-]{1,64})\/)?(\d{1,15})$/u;

/** The event stream for whoever has no WebSocket: `curl -N`, `EventSource`. */
export function eventsSseRoute(
  app: HttpApp,
  { stream, streams }: { readonly stream: Pick<StreamPort, 'attachSse'>; readonly streams: OpenStreams },
): void {
  app.get(
    '/v1/events/sse',
    {
      config: { auth: { need: 'key', scope: 'events:read' } },
      exposeHeadRoute: false,
      schema: {
        operationId: 'streamEventsSse',
        summary: 'The event stream as server-sent events',
        description:
          'Every event of the journal is a message: `id` is `<epoch>/<sequence>`, `data` is the event as JSON. Events ' +
          'named `hello`, `gap`, `caught_up` say what the frames of the WebSocket say; `end` gives the `reason` of an ' +
          'end. Every 15 seconds there is a comment. `Last-Event-ID` goes on behind that event and wins over `after`; ' +
          'with neither it begins with what happens next. Whoever reads too slowly is cut, and can come back.',
        querystring: sseQuery,
        headers: z.looseObject({
          'last-event-id': z
            .string()
            .optional()
            .meta({ description: 'The `id` of the last event that arrived.' }),
        }),
        response: {
          200: {
            description: 'The stream; it does not end by itself.',
            content: { 'text/event-stream': { schema: z.string() } },
          },
          ...keyRefusal,
        },
      },
    },
    (request, reply) => {
      const { after, epoch, types, lines } = request.query;
      const grant = grantOf(request);
      const last = readLastEventId(request.headers['last-event-id']);
      const filter = { types: eventTypes(types), lines: eventLines(lines, grant) };
      reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        'content-type': 'text/event-stream; charset=utf-8',
        'cache-control': 'no-store',
        'x-accel-buffering': 'no',
        'x-request-id': request.id,
      });
      const reader = stream.attachSse(raw, {
        after: last === null ? (after === undefined ? null : sequence(after)) : last.after,
        epoch: last?.epoch ?? epoch ?? null,
        ...filter,
      });
      streams.add(new SseSocket(raw, (reason) => reader.end(reason)), grant);
    },
  );
}

/** @throws HttpError `invalid_parameter_value` */
function readLastEventId(header: string | readonly string[] | undefined) {
  if (header === undefined || header === '') {
    return null;
  }
  const match = typeof header === 'string' ? LAST_EVENT_ID.exec(header) : null;
  if (match === null) {
    throw new HttpError('invalid_parameter_value', {
      param: 'Last-Event-ID',
      message: 'Last-Event-ID must be the id of an event of this stream.',
    });
  }
  return { epoch: match[1] ?? null, after: sequence(Number(match[2])) };
}

/** A response that stays open, to whoever watches over open connections. */
class SseSocket extends EventEmitter<{ close: [] }> implements StreamSocket {
  readonly CLOSED = 3;
  readonly #response: ServerResponse;
  readonly #end: (reason: string) => void;

  constructor(response: ServerResponse, end: (reason: string) => void) {
    super();
    this.#response = response;
    this.#end = end;
    response.once('close', () => this.emit('close'));
  }

  get readyState(): number {
    return this.#response.closed || this.#response.destroyed ? this.CLOSED : 1;
  }

  close(_code: number, reason: string): void {
    this.#end(reason);
  }

  terminate(): void {
    this.#response.destroy();
  }
}
