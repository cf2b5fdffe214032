import { z } from 'zod';
import { parseEventNames } from '../contract/index.ts';
import { HttpError } from './errors.ts';
import type { Grant } from './ports.ts';
import type { WebhooksPort } from './webhooks-port.ts';

type EndpointView = NonNullable<ReturnType<WebhooksPort['get']>>;

export const webhookIdParam = z.string().min(1).max(64).meta({ description: '`whk_…`' });

/** A key that is limited to lines sees the webhooks of those lines alone. */
export function maySeeWebhook(grant: Grant, { settings: { lines } }: EndpointView): boolean {
  return grant.lines === null || (lines !== null && lines.every((id) => grant.lines?.includes(id)));
}

/** The webhook of an id; to a key that may not see it, it is as if it were not there. @throws HttpError `webhook_not_found` */
export function findWebhook(id: string, grant: Grant, webhooks: WebhooksPort): EndpointView {
  const found = webhooks.get(id);
  if (found === null || !maySeeWebhook(grant, found)) {
    throw new HttpError('webhook_not_found', { param: 'id' });
  }
  return found;
}

/** A delivery that was asked for by its id. @throws HttpError `delivery_not_found` */
export function foundDelivery<T>(found: T | null): T {
  if (found === null) {
    throw new HttpError('delivery_not_found', { param: 'delivery' });
  }
  return found;
}

/** What a call gave, which is there because the webhook has just been found. @throws HttpError `webhook_not_found` */
export function stillThere<T>(found: T | null): T {
  if (found === null) {
    throw new HttpError('webhook_not_found', { param: 'id' });
  }
  return found;
}

/** The types asked for, `null` for all. @throws HttpError `capability_unavailable`, `invalid_parameter_value` */
export function webhookEvents(names: readonly string[] | undefined): readonly string[] | null {
  const parsed = parseEventNames(names);
  if ('events' in parsed) {
    return parsed.events;
  }
  if (parsed.unknown.startsWith('typing.')) {
    throw new HttpError('capability_unavailable', {
      param: 'events',
      message: 'chat.db tells nothing of typing, so that there are no such events.',
    });
  }
  throw new HttpError('invalid_parameter_value', {
    param: 'events',
    message: '`events` holds a type that there is not. GET /openapi.json lists them; `*` is all.',
  });
}
