import { API_VERSION } from '../contract/index.ts';
import type { Instant, Sequence } from '../domain/index.ts';

/** Tells a receiver that events are missing. */
export const GAP_TYPE = 'webhook.gap';
/** What a person sends to try a receiver. */
export const TEST_TYPE = 'webhook.test';

/** What is told to one receiver alone, in the envelope of an event; the journal holds nothing of it. */
export function notice(fields: {
  readonly type: typeof GAP_TYPE | typeof TEST_TYPE;
  /** `evt_…` */
  readonly id: string;
  readonly at: Instant;
  /** Behind which event it stands. */
  readonly sequence: Sequence;
  readonly bridgeId: string;
  readonly data: Readonly<Record<string, string | number>>;
}): string {
  return JSON.stringify({
    id: fields.id,
    type: fields.type,
    timestamp: new Date(fields.at).toISOString(),
    sequence: fields.sequence,
    bridge_id: fields.bridgeId,
    line_id: null,
    api_version: API_VERSION,
    data: fields.data,
  });
}
