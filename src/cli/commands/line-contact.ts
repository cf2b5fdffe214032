import type { z } from 'zod';
import { contactStandingSchema } from '../../contract/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { dateAndTime } from '../moments.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';
import { lineToUse, type LineOption } from '../line-to-use.ts';

type Standing = z.infer<typeof contactStandingSchema>;

/** What leaves the zone to the number. */
const AUTO = 'auto';

export async function lineContact(
  session: Session,
  handle: string,
  { line, timeZone }: LineOption & { readonly timeZone?: string },
): Promise<ExitCode> {
  const api = connectApi(session);
  const path = `/v1/lines/${await lineToUse(api, line)}/contacts/${encodeURIComponent(handle)}`;
  const answer = contactStandingSchema;
  const { raw, data } =
    timeZone === undefined
      ? await api.get({ path, answer })
      : await api.patch({
          path,
          answer,
          body: { time_zone: timeZone === AUTO ? null : timeZone },
          headers: {},
        });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  const { can_send: can } = data;
  const when = (at: number | undefined) => (at === undefined ? 'never' : dateAndTime(at));
  const rows: readonly (readonly [string, string])[] = [
    ['stands as', data.standing.replaceAll('_', ' ')],
    ['wrote', `${when(data.last_inbound_at)}${data.opted_out ? ', asked for no more messages' : ''}`],
    ['was sent to', `${when(data.last_outbound_at)}, ${data.unanswered} unanswered`],
    ...(data.window_expires_at === undefined
      ? []
      : [['window until', dateAndTime(data.window_expires_at)] as const]),
    ...(data.time_zone === undefined ? [] : [['time zone', data.time_zone] as const]),
    ['a text now', can.code === undefined ? 'would go' : waitText(can)],
    ...can.warnings.map(({ rule, message }) => ['warning', `${rule}: ${message}`] as const),
  ];
  session.print(session.colors.bold(visible(data.handle)));
  rows.forEach(([name, value]) => session.print(`  ${session.colors.dim(name.padEnd(13))}${visible(value)}`));
  return EXIT.ok;
}

function waitText({ allowed, code, retry_at: at, cure }: Standing['can_send']): string {
  const what = allowed ? 'would wait' : 'would not go';
  const when = at === undefined ? '' : `, until ${dateAndTime(at)}`;
  const help = cure === undefined ? '' : `; what helps: ${cure.replaceAll('_', ' ')}`;
  return `${what}: ${code ?? 'a rule'}${when}${help}`;
}
