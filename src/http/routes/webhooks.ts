import { z } from 'zod';
import {
  createWebhookBody,
  errorSchema,
  list,
  toWireWebhook,
  updateWebhookBody,
  webhookFromField,
  webhookSchema,
} from '../../contract/index.ts';
import { grantOf } from '../authenticate.ts';
import { decodeWebhookCursor, encodeWebhookCursor } from '../cursors.ts';
import type { HttpApp } from '../http-app.ts';
import { eventLines } from '../line-access.ts';
import { cursorParam, limitParam, page } from '../paging.ts';
import type { Grant } from '../ports.ts';
import { keyRefusal } from '../refusals.ts';
import { findWebhook, maySeeWebhook, stillThere, webhookEvents, webhookIdParam } from '../webhook-access.ts';
import type { WebhooksPort } from '../webhooks-port.ts';

const answer = webhookSchema.extend({ request_id: z.string() });
const params = z.object({ id: webhookIdParam });
const deleted = z.object({ id: z.string(), deleted: z.literal(true), request_id: z.string() });
const read = { auth: { need: 'key', scope: 'webhooks:read' } } as const;
const write = { auth: { need: 'key', scope: 'webhooks:write' } } as const;
/** All that Messages.dev has. */
const MESSAGES_DEV_EVENTS = [
  'message.received',
  'message.sent',
  'reaction.added',
  'reaction.removed',
] as const;

export function webhooksRoutes(app: HttpApp, { webhooks }: { readonly webhooks: WebhooksPort }): void {
  app.get(
    '/v1/webhooks',
    {
      config: read,
      schema: {
        operationId: 'listWebhooks',
        summary: 'List the webhooks, oldest first',
        querystring: z.strictObject({
          from: webhookFromField
            .optional()
            .meta({ description: 'Only those that get the events of this line.' }),
          limit: limitParam,
          cursor: cursorParam,
        }),
        response: { 200: list(webhookSchema), ...keyRefusal },
      },
    },
    (request) => {
      const grant = grantOf(request);
      const { from, limit, cursor } = request.query;
      const after = decodeWebhookCursor(cursor);
      const line = from === undefined || from === '' ? null : eventLines([from], grant, 'from');
      const found = webhooks
        .list()
        .filter((webhook) => maySeeWebhook(grant, webhook))
        .filter(
          ({ settings: { lines } }) =>
            line === null || lines === null || lines.some((id) => line.includes(id)),
        )
        .filter(({ id }) => after === null || id > after);
      const { items, ...more } = page(found, limit, ({ id }) => encodeWebhookCursor(id));
      return {
        data: items.map((webhook) => toWireWebhook(webhook)),
        ...more,
        request_id: request.id,
      };
    },
  );

  app.post(
    '/v1/webhooks',
    {
      config: write,
      schema: {
        operationId: 'createWebhook',
        summary: 'Have events posted to a URL, from now on',
        description:
          'The answer holds the secret that signs them; it is not shown again. Whatever types are asked for, ' +
          '`webhook.gap` (`data.from` to `data.to`: sequences that were no longer kept when it was their turn) and ' +
          '`webhook.test` may come as well.',
        body: createWebhookBody,
        response: { 201: answer, ...keyRefusal, 415: errorSchema, 422: errorSchema },
      },
    },
    (request, reply) => {
      const { url, from, lines, events, profile, include_backfilled: backfilled, description } = request.body;
      const speaks = profile ?? (from === undefined ? 'standard' : 'messages_dev');
      const asked = from === undefined ? lines : from === '' ? undefined : [from];
      const { endpoint, secret } = webhooks.create({
        url,
        profile: speaks,
        // Messages.dev's clients take an event that they do not know for a forged one.
        events:
          events === undefined && speaks === 'messages_dev' ? MESSAGES_DEV_EVENTS : webhookEvents(events),
        lines: eventLines(asked, grantOf(request), from === undefined ? 'lines' : 'from'),
        includeBackfilled: backfilled ?? false,
        description: description ?? null,
      });
      void reply.code(201).header('cache-control', 'no-store');
      return { ...toWireWebhook(endpoint, secret), request_id: request.id };
    },
  );

  app.get(
    '/v1/webhooks/:id',
    {
      config: read,
      schema: {
        operationId: 'getWebhook',
        summary: 'One webhook, and how its receiver is doing',
        params,
        querystring: z.strictObject({}),
        response: { 200: answer, ...keyRefusal, 404: errorSchema },
      },
    },
    (request) => ({
      ...toWireWebhook(findWebhook(request.params.id, grantOf(request), webhooks)),
      request_id: request.id,
    }),
  );

  app.patch(
    '/v1/webhooks/:id',
    {
      config: write,
      schema: {
        operationId: 'updateWebhook',
        summary: 'Change a webhook',
        description:
          'What has its delivery already is not chosen anew. `is_active` lets it go on where it was.',
        params,
        body: updateWebhookBody,
        response: { 200: answer, ...keyRefusal, 404: errorSchema, 415: errorSchema },
      },
    },
    (request) => {
      const grant = grantOf(request);
      const { id } = findWebhook(request.params.id, grant, webhooks);
      const { url, events, lines, profile, include_backfilled: backfilled, description } = request.body;
      stillThere(
        webhooks.update(id, {
          ...(url === undefined ? {} : { url }),
          ...(events === undefined ? {} : { events: webhookEvents(events) }),
          ...(lines === undefined ? {} : { lines: eventLines(lines, grant) }),
          ...(profile === undefined ? {} : { profile }),
          ...(backfilled === undefined ? {} : { includeBackfilled: backfilled }),
          ...(description === undefined ? {} : { description }),
        }),
      );
      if (request.body.is_active !== undefined) {
        webhooks.setActive(id, request.body.is_active, false);
      }
      return { ...toWireWebhook(stillThere(webhooks.get(id))), request_id: request.id };
    },
  );

  const remove = async (id: string, grant: Grant, requestId: string) => {
    findWebhook(id, grant, webhooks);
    await webhooks.remove(id);
    return { id, deleted: true as const, request_id: requestId };
  };

  app.delete(
    '/v1/webhooks',
    {
      config: write,
      schema: {
        operationId: 'deleteWebhookByBody',
        summary: "Delete a webhook, as Messages.dev's clients ask for it",
        body: z.strictObject({ id: webhookIdParam }),
        response: { 200: deleted, ...keyRefusal, 404: errorSchema, 415: errorSchema },
      },
    },
    (request) => remove(request.body.id, grantOf(request), request.id),
  );

  app.delete(
    '/v1/webhooks/:id',
    {
      config: write,
      schema: {
        operationId: 'deleteWebhook',
        summary: 'Delete a webhook, and the list of its deliveries',
        params,
        querystring: z.strictObject({}),
        response: { 200: deleted, ...keyRefusal, 404: errorSchema },
      },
    },
    (request) => remove(request.params.id, grantOf(request), request.id),
  );
}
