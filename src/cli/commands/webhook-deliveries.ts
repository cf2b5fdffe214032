import {
  list,
  webhookDeliverySchema,
  webhookTestSchema,
  type WireWebhookDelivery,
} from '../../contract/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { dateAndTime, timeOfDay } from '../moments.ts';
import { nextPage } from '../next-page.ts';
import type { Session } from '../session.ts';
import { paintState } from '../state-colors.ts';
import { visible } from '../visible-text.ts';

/** The daemon waits for the receiver, at most a minute. */
const TEST_TIMEOUT_MS = 75_000;

interface ListOptions {
  readonly state?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export async function listDeliveries(session: Session, id: string, options: ListOptions): Promise<ExitCode> {
  const { state, limit, cursor } = options;
  const { raw, data } = await connectApi(session).get({
    path: `/v1/webhooks/${encodeURIComponent(id)}/deliveries`,
    query: { state, limit, cursor },
    answer: list(webhookDeliverySchema),
  });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  if (data.data.length === 0) {
    session.note('Nothing was sent to it yet, and nothing waits.');
    return EXIT.ok;
  }
  session.printTable(data.data, [
    { title: 'made', value: ({ created_at: at }) => dateAndTime(at) },
    { title: 'event', value: ({ event_type: type, sequence }) => `${type} #${sequence}` },
    {
      title: 'state',
      value: (item) => item.state,
      paint: (text) => paintState(text, session.colors),
    },
    { title: 'tries', value: ({ attempts }) => String(attempts.length), align: 'right' },
    { title: 'last answer', value: lastText },
    { title: 'next', value: ({ next_attempt_at: at }) => (at === undefined ? '' : timeOfDay(at)) },
    { title: 'id', value: (item) => item.id, paint: session.colors.dim },
  ]);
  if (data.next_cursor !== null) {
    session.note(nextPage('More', `webhooks deliveries ${id}`, { state, limit, cursor: data.next_cursor }));
  }
  return EXIT.ok;
}

export async function testWebhook(session: Session, id: string): Promise<ExitCode> {
  const { raw, data } = await connectApi(session).post({
    path: `/v1/webhooks/${encodeURIComponent(id)}/test`,
    answer: webhookTestSchema,
    body: {},
    headers: {},
    timeoutMs: TEST_TIMEOUT_MS,
  });
  const exit = data.delivered ? EXIT.ok : EXIT.failure;
  if (session.format === 'json') {
    session.printJson(raw);
    return exit;
  }
  const { green, red, dim } = session.colors;
  const outcome = data.delivered ? green('took it') : red(`did not take it: ${answerText(data)}`);
  session.print(`The receiver ${outcome} ${dim(`(${data.status ?? 'no answer'}, ${data.duration_ms} ms)`)}`);
  if (!data.delivered && data.response !== undefined) {
    session.print(`  ${dim(visible(data.response.slice(0, 200)))}`);
  }
  return exit;
}

function lastText({ attempts }: WireWebhookDelivery): string {
  const last = attempts.at(-1);
  return last === undefined ? '' : answerText(last);
}

function answerText(attempt: WireWebhookDelivery['attempts'][number]): string {
  const { status, error } = attempt;
  return status === undefined ? (error ?? 'no answer').replaceAll('_', ' ') : String(status);
}
