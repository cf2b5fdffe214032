import { hash } from 'node:crypto';
import { z } from 'zod';

/** What of an event decides whether and behind what it is sent. Everything else passes through as it is. */
const eventSchema = z.looseObject({
  id: z.string(),
  type: z.string(),
  line_id: z.string().nullable(),
  data: z.looseObject({
    id: z.string().optional(),
    chat_id: z.string().optional(),
    backfilled: z.boolean().optional(),
    chat_resolved: z.string().optional(),
    is_group: z.boolean().optional(),
    is_from_me: z.boolean().optional(),
  }),
});

export type ParsedEvent = z.infer<typeof eventSchema>;

/** The events of the bridge itself share a lane. */
const BRIDGE_LANE = 'bridge';

/** An event as the journal keeps it. */
export function parseEvent(json: string): ParsedEvent {
  return eventSchema.parse(JSON.parse(json));
}

/**
 * Whether webhooks send an event at all: not a message that Messages inserted again, unless that is asked for, and not
 * an incoming one whose row names a group that Messages has not yet joined it to; `message.updated` tells it when it has.
 */
export function isForWebhooks({ type, data }: ParsedEvent, includeBackfilled: boolean): boolean {
  if (data.backfilled === true && !includeBackfilled) {
    return false;
  }
  const isUnresolved =
    type.startsWith('message.') &&
    data.chat_resolved === 'handle' &&
    data.is_group === true &&
    data.is_from_me !== true;
  return !isUnresolved;
}

/** What goes out one after the other: the events of one chat; those without a chat, by line. */
export function laneOf({ type, line_id: line, data }: ParsedEvent): string {
  const chat = type === 'chat.created' ? data.id : data.chat_id;
  return chat ?? line ?? BRIDGE_LANE;
}

/** `dlv_…` of an event for an endpoint: a hash, so that it is the same after any restart and on any replay. */
export function deliveryId(endpointId: string, eventId: string): string {
  return `dlv_${hash('sha256', `blueline/delivery\0${endpointId}\0${eventId}`, 'hex').slice(0, 24)}`;
}
