import { z } from 'zod';
import { errorSchema, list, outboxItemSchema, toWireOutboxItem } from '../../contract/index.ts';
import type { Command, CommandId } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { decodeOutboxCursor, encodeOutboxCursor } from '../cursors.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { maySee } from '../line-access.ts';
import { cancelItem, findItem } from '../outbox-item.ts';
import { cursorParam, limitParam, page } from '../paging.ts';
import type { Grant, OutboxPort } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';

const idParam = z.string().min(1).max(64);

export function outboxRoutes(app: HttpApp, { outbox }: { readonly outbox: OutboxPort }): void {
  app.get(
    '/v1/outbox',
    {
      config: { auth: { need: 'key', scope: 'outbox:read' } },
      schema: {
        operationId: 'listOutbox',
        summary: 'List what was asked to be sent, newest first; with `id`, that one item',
        querystring: z.strictObject({
          id: idParam.optional(),
          state: outboxItemSchema.shape.state.optional(),
          limit: limitParam,
          cursor: cursorParam,
        }),
        response: {
          200: z.union([outboxItemSchema, list(outboxItemSchema)]),
          ...keyRefusal,
          404: errorSchema,
        },
      },
    },
    (request) => {
      const grant = grantOf(request);
      const { id, state, limit, cursor } = request.query;
      if (id !== undefined) {
        return toWireOutboxItem(findItem(id, grant, outbox), request.id);
      }
      const before = decodeOutboxCursor(cursor);
      const found = newestVisible({ state: state ?? null, before, limit: limit + 1 }, grant, outbox);
      const { items, ...more } = page(found, limit, (command) => encodeOutboxCursor(command.id));
      return {
        data: items.map((command) => toWireOutboxItem(command, request.id)),
        ...more,
        request_id: request.id,
      };
    },
  );

  app.get(
    '/v1/outbox/:id',
    {
      config: { auth: { need: 'key', scope: 'outbox:read' } },
      schema: {
        operationId: 'getOutboxItem',
        summary: 'One item of the outbox',
        params: z.object({ id: idParam }),
        querystring: z.strictObject({}),
        response: { 200: outboxItemSchema, ...keyRefusal, 404: errorSchema },
      },
    },
    (request) => toWireOutboxItem(findItem(request.params.id, grantOf(request), outbox), request.id),
  );

  app.delete(
    '/v1/outbox/:id',
    {
      config: { auth: { need: 'key', scope: 'messages:write' } },
      schema: {
        operationId: 'cancelOutboxItem',
        summary: 'Cancel what has not been handed to Messages yet',
        params: z.object({ id: idParam }),
        querystring: z.strictObject({}),
        response: { 200: outboxItemSchema, ...keyRefusal, 404: errorSchema, 422: errorSchema },
      },
    },
    (request) => {
      const canceled = cancelItem(request.params.id, grantOf(request), outbox);
      return toWireOutboxItem(canceled, request.id);
    },
  );

  app.post(
    '/v1/outbox/:id/resolve',
    {
      config: { auth: { need: 'key', scope: 'messages:write' } },
      schema: {
        operationId: 'resolveOutboxItem',
        summary: 'Say what became of an item whose outcome is unknown',
        description:
          'For a person who has looked. Nothing is sent by it; an equal text that waits for the outcome may go.',
        params: z.object({ id: idParam }),
        body: z.strictObject({ as: z.enum(['sent', 'not_sent']) }),
        response: {
          200: outboxItemSchema,
          ...keyRefusal,
          404: errorSchema,
          415: errorSchema,
          422: errorSchema,
        },
      },
    },
    (request) => {
      const item = findItem(request.params.id, grantOf(request), outbox);
      const resolved = outbox.resolve(item.id, request.body.as);
      if (resolved === null) {
        throw new HttpError('outbox_item_not_unknown', { param: 'id' });
      }
      return toWireOutboxItem(resolved, request.id);
    },
  );
}

/** Reads on past the commands of lines that the key may not see until the page is full. */
function newestVisible(
  wanted: { readonly state: string | null; readonly before: CommandId | null; readonly limit: number },
  grant: Grant,
  outbox: OutboxPort,
): readonly Command[] {
  const visible: Command[] = [];
  let { before } = wanted;
  for (;;) {
    const read = outbox.list({ ...wanted, before });
    visible.push(...read.filter((command) => maySee(grant, command.line)));
    const last = read.at(-1);
    if (last === undefined || read.length < wanted.limit || visible.length >= wanted.limit) {
      return visible.slice(0, wanted.limit);
    }
    before = last.id;
  }
}
