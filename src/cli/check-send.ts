import { checkSchema } from '../contract/index.ts';
import type { ApiClient } from './api-client.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { dateAndTime } from './moments.ts';
import type { Session } from './session.ts';

/** Rules that have nothing to do with this send, or are off. */
const SILENT: ReadonlySet<string> = new Set(['off', 'exempt']);

/** Tells what every rule says of a send. 0 where it would go, now or later; 5 where it would be refused. */
export async function checkSend(session: Session, api: ApiClient, body: object): Promise<ExitCode> {
  const { raw, data } = await api.post({
    path: '/v1/messages?dry_run=true',
    answer: checkSchema,
    body,
    headers: {},
  });
  if (session.format === 'json') {
    session.printJson(raw);
    return data.verdict === 'refuse' ? EXIT.refused : EXIT.ok;
  }
  session.printTable(
    data.rules.filter(({ outcome }) => !SILENT.has(outcome)),
    [
      { title: 'rule', value: ({ rule }) => rule },
      { title: 'says', value: ({ outcome }) => outcome },
      {
        title: 'used',
        value: ({ used, limit }) => (used === undefined ? '' : `${used} of ${limit ?? '–'}`),
        align: 'right',
      },
      {
        title: 'from',
        value: ({ until, retry_at: retryAt }) => {
          const at = until ?? retryAt;
          return at === undefined ? '' : dateAndTime(at);
        },
      },
      { title: 'more', value: ({ message, cure }) => message ?? cure ?? '', isFlexible: true },
    ],
  );
  const standing = data.standing.replaceAll('_', ' ');
  const at = data.not_before ?? data.retry_at;
  const when = at === undefined ? '' : ` until ${dateAndTime(at)}`;
  const words = { allow: 'would go', defer: `would wait${when}`, refuse: `would be refused${when}` } as const;
  session.print(
    `As a ${standing}, it ${words[data.verdict]}${data.code === undefined ? '' : ` (${data.code})`}. Nothing was sent.`,
  );
  return data.verdict === 'refuse' ? EXIT.refused : EXIT.ok;
}
