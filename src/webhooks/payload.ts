import type { Instant } from '../domain/index.ts';
import { parseEvent } from './select-event.ts';
import type { Profile } from './endpoint.ts';

/**
 * The body of a delivery. `standard` is the event as every other door shows it, byte for byte the same on each attempt.
 * Messages.dev's clients read the moment that was signed from the body, so that there it is stamped anew.
 */
export function payload(
  profile: Profile,
  event: { readonly json: string; readonly deliveryId: string; readonly at: Instant },
): string {
  if (profile === 'standard') {
    return event.json;
  }
  const { type, data, ...envelope } = parseEvent(event.json);
  return JSON.stringify({
    ...envelope,
    event: type,
    data,
    timestamp: event.at,
    delivery_id: event.deliveryId,
  });
}
