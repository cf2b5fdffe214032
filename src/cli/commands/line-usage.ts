import { usageSchema } from '../../contract/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { duration } from '../moments.ts';
import type { Session } from '../session.ts';
import { lineToUse, type LineOption } from '../line-to-use.ts';

export async function lineUsage(session: Session, { line }: LineOption): Promise<ExitCode> {
  const api = connectApi(session);
  const path = `/v1/lines/${await lineToUse(api, line)}/usage`;
  const { raw, data } = await api.get({ path, answer: usageSchema });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  const accepts = data.accepts_new_contacts
    ? 'takes new contacts'
    : `takes no new contacts (${data.reason ?? ''})`;
  session.print(`${shareText(data.utilization)} used, ${accepts}; limits ${data.version}`);
  if (data.warmup !== undefined) {
    session.print(
      `warming up, day ${data.warmup.day}: ${shareText(data.warmup.factor)} of the daily outreach caps`,
    );
  }
  if (data.limits.length > 0) {
    session.printTable(data.limits, [
      { title: 'limit', value: ({ rule, of }) => (of === undefined ? rule : `${rule} of ${of}`) },
      { title: 'kind', value: ({ kind }) => kind },
      { title: 'used', value: ({ used, limit }) => `${used} of ${limit}`, align: 'right' },
      { title: 'within', value: ({ window_seconds: seconds }) => duration(seconds * 1000) },
      {
        title: 'next place',
        value: ({ next_slot_at: at }) =>
          at === undefined ? '' : at <= data.checked_at ? 'now' : `in ${duration(at - data.checked_at)}`,
      },
    ]);
  }
  return EXIT.ok;
}

/** `62 %` */
export function shareText(share: number): string {
  return `${Math.round(share * 100)} %`;
}
