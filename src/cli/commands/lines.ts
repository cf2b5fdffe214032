import type { Command } from 'commander';
import { lineSchema, list, type WireLine } from '../../contract/index.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { lineToUse, type LineOption } from '../line-to-use.ts';
import { moment } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { lineContact } from './line-contact.ts';
import { lineReport } from './line-report.ts';
import { lineUsage, shareText } from './line-usage.ts';

const ORDERS = {
  pause: 'let nothing go out until it is resumed',
  resume: 'let it send again',
  flag: 'say that Apple seems to throttle it: it sends nothing but replies',
  clear: 'clear its flag; it starts again slowly',
} as const;

export function addLines(program: Command, act: Act): void {
  const lines = program
    .command('lines')
    .description('the lines of this Mac, what is left of their limits, and what they did')
    .helpCommand(false)
    .action(act(listLines));
  const about = (name: string, description: string) =>
    lines
      .command(name)
      .description(description)
      .option('--line <line>', 'the line, by id or address (default: the one that sends)');
  about('usage', 'what is left of every limit').action(act(lineUsage));
  about('contact <handle>', 'how a contact stands, and whether a text to it would go now')
    .option('--time-zone <zone>', 'say where it lives, for its quiet hours; `auto` leaves it to the number')
    .action(act(lineContact));
  about('report', 'what the account did in the hour before a moment, and what Apple may have minded')
    .option('--at <moment>', '2026-11-21, 2026-11-21T14:03 or Unix time in ms (default: now)', moment)
    .action(act(lineReport));
  for (const [order, description] of Object.entries(ORDERS)) {
    addOrder(lines, act, order, description);
  }
}

/** The two orders that are given in a hurry, under names of their own. */
export function addPause(program: Command, act: Act): void {
  addOrder(program, act, 'pause', 'let nothing go out, and leave Messages to you, until it is resumed');
}

export function addResume(program: Command, act: Act): void {
  addOrder(program, act, 'resume', 'let the line send again, and Messages be kept open');
}

function addOrder(parent: Command, act: Act, order: string, description: string): void {
  parent
    .command(order)
    .description(description)
    .option('--line <line>', 'the line, by id or address (default: the one that sends)')
    .option('--reason <words>', 'why; kept, and told with the event')
    .action(
      act((session, options: LineOption & { readonly reason?: string }) =>
        orderLine(session, order, options),
      ),
    );
}

async function listLines(session: Session): Promise<ExitCode> {
  const { raw, data } = await connectApi(session).get({ path: '/v1/lines', answer: list(lineSchema) });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  if (data.data.length === 0) {
    session.note('None known yet; the first message shows it.');
    return EXIT.ok;
  }
  session.printTable(data.data, [
    { title: 'line', value: ({ handle }) => handle },
    { title: 'state', value: stateText, isFlexible: true },
    { title: 'reputation', value: ({ reputation }) => reputation ?? '' },
    { title: 'used', value: ({ utilization }) => (utilization === undefined ? '' : shareText(utilization)) },
    { title: 'new contacts', value: newContactsText },
    { title: 'id', value: ({ id }) => id, paint: session.colors.dim },
  ]);
  return EXIT.ok;
}

async function orderLine(
  session: Session,
  order: string,
  { line, reason }: LineOption & { readonly reason?: string },
): Promise<ExitCode> {
  const api = connectApi(session);
  const { raw, data } = await api.post({
    path: `/v1/lines/${await lineToUse(api, line)}/${order}`,
    answer: lineSchema,
    body: reason === undefined ? {} : { reason },
    headers: {},
  });
  if (session.format === 'json') {
    session.printJson(raw);
  } else {
    session.print(`${data.handle} is ${stateText(data)}.`);
  }
  return EXIT.ok;
}

function stateText({ is_active: isActive, state, state_reason: given, pause_reason: by }: WireLine): string {
  if (!isActive) {
    return 'receives only';
  }
  const reason = given ?? (state === 'paused' ? by : undefined);
  return `${state ?? 'unknown'}${reason === undefined ? '' : ` (${reason})`}`;
}

function newContactsText({ accepts_new_contacts: accepts, limited_by: rule }: WireLine): string {
  return accepts === undefined ? '' : accepts ? 'yes' : `no (${rule ?? 'full'})`;
}
