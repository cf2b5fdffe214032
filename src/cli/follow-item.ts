import { outboxItemSchema, type WireOutboxItem } from '../contract/index.ts';
import { sleep } from '../runtime/index.ts';
import type { Answer, ApiClient } from './api-client.ts';
import { CliError } from './failure.ts';
import type { Session } from './session.ts';

const POLL_MS = 200;
/** A text that is proved is followed no longer than this for its later steps, unless it is to be until it is read. */
const LINGER_MS = 5_000;

/**
 * Follows an outbox item until nothing more is to be learned of it or the time is over. A look that fails is made
 * again: the text has been accepted, whatever becomes of the daemon.
 * @returns the item as it was last seen
 */
export async function followItem(
  session: Session,
  api: ApiClient,
  accepted: Answer<WireOutboxItem>,
  options: {
    readonly forMs: number;
    readonly untilRead: boolean;
    readonly onStep: (item: WireOutboxItem) => void;
  },
): Promise<Answer<WireOutboxItem>> {
  const { clock, io } = session;
  let latest = accepted;
  let until = clock.now() + options.forMs;
  let isProved = false;
  options.onStep(latest.data);
  while (!isOver(latest.data) && clock.now() < until && !io.signal.aborted) {
    await sleep(clock, POLL_MS, io.signal);
    const seen = await look(api, latest);
    if (seen.data.state !== latest.data.state) {
      options.onStep(seen.data);
    }
    latest = seen;
    if (!isProved && seen.data.status === 'sent') {
      isProved = true;
      until = options.untilRead ? until : Math.min(until, clock.now() + LINGER_MS);
    }
  }
  return latest;
}

const OVER: ReadonlySet<WireOutboxItem['state']> = new Set<WireOutboxItem['state']>([
  'read',
  'failed',
  'expired',
  'canceled',
  'refused',
]);

function isOver({ state, error_detail: detail }: WireOutboxItem): boolean {
  return OVER.has(state) || detail?.is_final === true;
}

async function look(api: ApiClient, latest: Answer<WireOutboxItem>): Promise<Answer<WireOutboxItem>> {
  try {
    return await api.get({ path: `/v1/outbox/${latest.data.id}`, answer: outboxItemSchema });
  } catch (error) {
    if (error instanceof CliError) {
      return latest;
    }
    throw error;
  }
}
