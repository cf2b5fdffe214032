import { hourReportSchema } from '../../contract/index.ts';
import type { Instant } from '../../domain/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { dateAndTime } from '../moments.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';
import { lineToUse, type LineOption } from '../line-to-use.ts';
import { shareText } from './line-usage.ts';

const BARS = ' ▁▂▃▄▅▆▇█';

export async function lineReport(
  session: Session,
  { line, at }: LineOption & { readonly at?: Instant },
): Promise<ExitCode> {
  const api = connectApi(session);
  const path = `/v1/lines/${await lineToUse(api, line)}/report`;
  const { raw, data } = await api.get({ path, answer: hourReportSchema, query: { at } });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  const { bold, dim, yellow } = session.colors;
  const rows: readonly (readonly [string, string])[] = [
    ['sends', `${data.sends} to ${data.contacts} contacts, ${data.by_person} by a person`],
    ['per minute', barsOf(data.sends_per_minute)],
    ['inbound', `${data.inbound}${data.ratio === undefined ? '' : `, ${data.ratio} sends to one`}`],
    ['new contacts', String(data.new_contacts)],
    ['reach-outs', String(data.reach_outs)],
    ['unanswered', `${data.unanswered_contacts} contacts`],
    ['one text', `to ${data.duplicates} contacts at most`],
    ['delivery', `${data.delivery_ms.p50} ms, slowest twentieth ${data.delivery_ms.p95} ms`],
    ['failures', String(data.failures)],
  ];
  session.print(bold(`The hour before ${dateAndTime(data.at)}`));
  rows.forEach(([name, value]) => session.print(`  ${dim(name.padEnd(13))}${value}`));
  if (data.causes.length === 0) {
    session.print('Nothing in it stands out.');
  }
  for (const { cause, score, because } of data.causes) {
    session.print(`${yellow(`! ${visible(cause)}`)} ${shareText(score)}  ${visible(because)}`);
  }
  return EXIT.ok;
}

/** One sign a minute, as high as its share of the busiest. */
function barsOf(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  const bars = counts.map((count) => BARS[Math.ceil((count / most) * (BARS.length - 1))] ?? ' ').join('');
  return `${bars.trim() === '' ? '–' : bars}  at most ${Math.max(0, ...counts)}`;
}
