import { z } from 'zod';
import {
  enableWebhookBody,
  errorSchema,
  list,
  replayWebhookBody,
  rotateWebhookBody,
  toWireAttempt,
  toWireDelivery,
  toWireWebhook,
  webhookDeliverySchema,
  webhookReplaySchema,
  webhookSchema,
  webhookTestSchema,
} from '../../contract/index.ts';
import { instant, sequence } from '../../domain/index.ts';
import { grantOf } from '../authenticate.ts';
import { decodeDeliveryCursor, encodeDeliveryCursor } from '../cursors.ts';
import { HttpError } from '../errors.ts';
import type { HttpApp } from '../http-app.ts';
import { cursorParam, limitParam, page } from '../paging.ts';
import { keyRefusal } from '../refusals.ts';
import { findWebhook, foundDelivery, stillThere, webhookIdParam } from '../webhook-access.ts';
import type { WebhooksPort } from '../webhooks-port.ts';

const params = z.object({ id: webhookIdParam });
const deliveryParams = params.extend({
  delivery: z.string().min(1).max(64).meta({ description: '`dlv_…`' }),
});
const withRequest = { request_id: z.string() };
const refusals = { ...keyRefusal, 404: errorSchema } as const;
const read = { auth: { need: 'key', scope: 'webhooks:read' } } as const;
const write = { auth: { need: 'key', scope: 'webhooks:write' } } as const;

/** What is done with a webhook that is there. */
export function webhookDeliveriesRoutes(
  app: HttpApp,
  { webhooks }: { readonly webhooks: WebhooksPort },
): void {
  app.get(
    '/v1/webhooks/:id/deliveries',
    {
      config: read,
      schema: {
        operationId: 'listWebhookDeliveries',
        summary: 'What was sent to a webhook and what waits, newest event first',
        params,
        querystring: z.strictObject({
          state: webhookDeliverySchema.shape.state.optional(),
          limit: limitParam,
          cursor: cursorParam,
        }),
        response: { 200: list(webhookDeliverySchema), ...refusals },
      },
    },
    (request) => {
      const { id } = findWebhook(request.params.id, grantOf(request), webhooks);
      const { state, limit, cursor } = request.query;
      const before = decodeDeliveryCursor(cursor);
      const found = webhooks.deliveries(id, { state: state ?? null, before, limit: limit + 1 });
      const { items, ...more } = page(found, limit, (item) => encodeDeliveryCursor(item.sequence));
      return { data: items.map(toWireDelivery), ...more, request_id: request.id };
    },
  );

  app.get(
    '/v1/webhooks/:id/deliveries/:delivery',
    {
      config: read,
      schema: {
        operationId: 'getWebhookDelivery',
        summary: 'One delivery, with its attempts',
        params: deliveryParams,
        querystring: z.strictObject({}),
        response: { 200: webhookDeliverySchema.extend(withRequest), ...refusals },
      },
    },
    (request) => {
      const { id } = findWebhook(request.params.id, grantOf(request), webhooks);
      const delivery = foundDelivery(webhooks.delivery(id, request.params.delivery));
      return { ...toWireDelivery(delivery), request_id: request.id };
    },
  );

  app.post(
    '/v1/webhooks/:id/deliveries/:delivery/replay',
    {
      config: write,
      schema: {
        operationId: 'replayWebhookDelivery',
        summary: 'Send one delivery again, under the same ids',
        params: deliveryParams,
        response: { 200: webhookDeliverySchema.extend(withRequest), ...refusals, 410: errorSchema },
      },
    },
    (request) => {
      const { id } = findWebhook(request.params.id, grantOf(request), webhooks);
      const delivery = foundDelivery(webhooks.replay(id, request.params.delivery));
      return { ...toWireDelivery(delivery), request_id: request.id };
    },
  );

  app.post(
    '/v1/webhooks/:id/replay',
    {
      config: write,
      schema: {
        operationId: 'replayWebhook',
        summary: 'Send a range of events again, whether or not they were delivered',
        description: 'Under the same ids, in the order of their sequence, as far as the journal holds them.',
        params,
        body: replayWebhookBody,
        response: { 200: webhookReplaySchema, ...refusals, 415: errorSchema },
      },
    },
    async (request) => {
      const { id } = findWebhook(request.params.id, grantOf(request), webhooks);
      const { after, to, since, until, only_failed: onlyFailed, limit } = request.body;
      const range = {
        after: after === undefined ? null : sequence(after),
        to: to === undefined ? null : sequence(to),
        since: since === undefined ? null : instant(since),
        until: until === undefined ? null : instant(until),
        onlyFailed,
      };
      const { count, nextAfter } = stillThere(await webhooks.replayRange(id, range, limit));
      return { replayed: count, next_after: nextAfter, request_id: request.id };
    },
  );

  app.post(
    '/v1/webhooks/:id/rotate_secret',
    {
      config: write,
      schema: {
        operationId: 'rotateWebhookSecret',
        summary: 'A new secret; that of before signs too for a while',
        params,
        body: rotateWebhookBody,
        response: { 200: webhookSchema.extend(withRequest), ...refusals, 415: errorSchema },
      },
    },
    (request, reply) => {
      const { id } = findWebhook(request.params.id, grantOf(request), webhooks);
      const seconds = request.body?.overlap_seconds;
      const made = stillThere(webhooks.rotate(id, seconds === undefined ? null : seconds * 1000));
      void reply.header('cache-control', 'no-store');
      return { ...toWireWebhook(made.endpoint, made.secret), request_id: request.id };
    },
  );

  app.post(
    '/v1/webhooks/:id/enable',
    {
      config: write,
      schema: {
        operationId: 'enableWebhook',
        summary: 'Let a webhook go on that was disabled or paused',
        description:
          'It goes on where it was, as far as the journal holds that; what waits is tried at once.',
        params,
        body: enableWebhookBody,
        response: { 200: webhookSchema.extend(withRequest), ...refusals, 415: errorSchema },
      },
    },
    (request) => {
      const { id } = findWebhook(request.params.id, grantOf(request), webhooks);
      const endpoint = stillThere(webhooks.setActive(id, true, request.body?.skip_missed ?? false));
      return { ...toWireWebhook(endpoint), request_id: request.id };
    },
  );

  app.post(
    '/v1/webhooks/:id/test',
    {
      config: write,
      schema: {
        operationId: 'testWebhook',
        summary: 'Post an event of type `webhook.test` once, now, and see what comes back',
        description: 'Also to a webhook that is not active. Nothing of it is listed, or tried again.',
        params,
        response: { 200: webhookTestSchema, ...refusals },
      },
    },
    async (request) => {
      const { id } = findWebhook(request.params.id, grantOf(request), webhooks);
      const attempt = await webhooks.test(id);
      if (attempt === null) {
        throw new HttpError('bridge_stopping');
      }
      return { ...toWireAttempt(attempt), delivered: attempt.error === null, request_id: request.id };
    },
  );
}
