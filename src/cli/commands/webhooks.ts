import { Option, type Command } from 'commander';
import { z } from 'zod';
import { list, webhookDeliverySchema, webhookSchema, type WireWebhook } from '../../contract/index.ts';
import { connectApi, type Answer } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { ago, dateAndTime } from '../moments.ts';
import { pageLimit, repeated, wholeNumber } from '../option-values.ts';
import { profileOption } from '../profile-option.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';
import { listDeliveries, testWebhook } from './webhook-deliveries.ts';
import { replayWebhook, withRange } from './webhook-replay.ts';

interface SettingOptions {
  readonly event?: readonly string[];
  readonly line?: readonly string[];
  readonly profile?: string;
  readonly includeBackfilled?: boolean;
  readonly description?: string;
}

export function addWebhooks(program: Command, act: Act): void {
  const webhooks = program
    .command('webhooks')
    .description('the URLs that events are posted to, and what became of each delivery')
    .helpCommand(false);
  webhooks.command('list').description('list them, and how their receivers are doing').action(act(listAll));
  webhooks
    .command('show <id>')
    .description('one of them: what it gets, and how its receiver is doing')
    .action(act(show));
  withSettings(
    webhooks
      .command('create <url>')
      .description('have events posted to a URL; the secret is shown this once'),
  ).action(act(create));
  withSettings(webhooks.command('update <id>').description('change one; what is left out stays as it is'))
    .option('--url <url>', 'where to post to')
    .option('--no-include-backfilled', 'leave old messages out again')
    .option('--pause', 'stop it; what happens meanwhile waits')
    .option('--resume', 'let it go on where it was')
    .action(act(update));
  webhooks
    .command('delete <id>')
    .description('delete one, and the list of its deliveries')
    .action(act(remove));
  webhooks
    .command('deliveries <id>')
    .description('what was sent and what waits, newest event first')
    .addOption(
      new Option('--state <state>', 'only those in this state').choices(
        webhookDeliverySchema.shape.state.options,
      ),
    )
    .option('--limit <n>', 'how many', pageLimit, 50)
    .option('--cursor <cursor>', 'go on where the page before ended')
    .action(act(listDeliveries));
  withRange(
    webhooks
      .command('replay <id> [delivery]')
      .description('send one delivery again, or a range of events, under the same ids')
      .option('--failed', 'only those that failed'),
  ).action(act(replayWebhook));
  webhooks
    .command('rotate <id>')
    .description('a new secret, shown this once; the one before signs too for a while')
    .option('--overlap <minutes>', 'for so long (default: as configured)', wholeNumber(0, 525_600))
    .action(act(rotate));
  webhooks
    .command('test <id>')
    .description('post a test event once, and see what comes back')
    .action(act(testWebhook));
  webhooks
    .command('enable <id>')
    .description('let one go on that was disabled or paused')
    .option('--skip-missed', 'leave out what has gathered meanwhile')
    .action(act(enable));
}

function withSettings(command: Command): Command {
  return command
    .option('--event <type>', 'only events of this type; may be repeated (default: all)', repeated)
    .option('--line <line>', 'only of this line, by id or address; may be repeated (default: all)', repeated)
    .addOption(profileOption())
    .option('--include-backfilled', 'old messages that Messages inserts again, too')
    .option('--description <words>', 'what it is for');
}

async function listAll(session: Session): Promise<ExitCode> {
  const api = connectApi(session);
  const { raw, data } = await api.get({
    path: '/v1/webhooks',
    query: { limit: 200 },
    answer: list(webhookSchema),
  });
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  if (data.data.length === 0) {
    session.note('There are no webhooks yet: blueline webhooks create <url>');
    return EXIT.ok;
  }
  const now = session.clock.now();
  session.printTable(data.data, [
    { title: 'id', value: ({ id }) => id },
    { title: 'url', value: ({ url }) => url, isFlexible: true },
    { title: 'events', value: eventsText },
    { title: 'state', value: stateText },
    { title: 'waiting', value: ({ pending }) => String(pending), align: 'right' },
    {
      title: 'last success',
      value: ({ last_success_at: at }) => (at === undefined ? 'never' : ago(now - at)),
    },
  ]);
  return EXIT.ok;
}

async function show(session: Session, id: string): Promise<ExitCode> {
  const { raw, data } = await connectApi(session).get({
    path: `/v1/webhooks/${encodeURIComponent(id)}`,
    answer: webhookSchema,
  });
  return print(session, raw, data);
}

async function create(session: Session, url: string, options: SettingOptions): Promise<ExitCode> {
  const { raw, data } = await post(session, '', { url, ...settingsOf(options) });
  return printWithSecret(session, raw, data);
}

async function update(
  session: Session,
  id: string,
  options: SettingOptions & { readonly url?: string; readonly pause?: boolean; readonly resume?: boolean },
): Promise<ExitCode> {
  const { url, pause, resume } = options;
  const { raw, data } = await connectApi(session).patch({
    path: `/v1/webhooks/${encodeURIComponent(id)}`,
    answer: webhookSchema,
    body: {
      ...(url === undefined ? {} : { url }),
      ...settingsOf(options),
      ...(pause === true ? { is_active: false } : resume === true ? { is_active: true } : {}),
    },
    headers: {},
  });
  return print(session, raw, data);
}

async function remove(session: Session, id: string): Promise<ExitCode> {
  const { raw } = await connectApi(session).delete({
    path: `/v1/webhooks/${encodeURIComponent(id)}`,
    answer: z.object({ deleted: z.literal(true) }),
  });
  if (session.format === 'json') {
    session.printJson(raw);
  } else {
    session.print(`${visible(id)} is deleted.`);
  }
  return EXIT.ok;
}

async function rotate(
  session: Session,
  id: string,
  { overlap }: { readonly overlap?: number },
): Promise<ExitCode> {
  const body = overlap === undefined ? {} : { overlap_seconds: overlap * 60 };
  const { raw, data } = await post(session, `/${encodeURIComponent(id)}/rotate_secret`, body);
  return printWithSecret(session, raw, data);
}

async function enable(
  session: Session,
  id: string,
  { skipMissed }: { readonly skipMissed?: boolean },
): Promise<ExitCode> {
  const body = { skip_missed: skipMissed ?? false };
  const { raw, data } = await post(session, `/${encodeURIComponent(id)}/enable`, body);
  return print(session, raw, data);
}

function post(session: Session, path: string, body: object): Promise<Answer<WireWebhook>> {
  return connectApi(session).post({ path: `/v1/webhooks${path}`, answer: webhookSchema, body, headers: {} });
}

function settingsOf({ event, line, profile, includeBackfilled, description }: SettingOptions): object {
  return {
    ...(event === undefined ? {} : { events: event }),
    ...(line === undefined ? {} : { lines: line }),
    ...(profile === undefined ? {} : { profile }),
    ...(includeBackfilled === undefined ? {} : { include_backfilled: includeBackfilled }),
    ...(description === undefined ? {} : { description }),
  };
}

function printWithSecret(session: Session, raw: unknown, webhook: WireWebhook): ExitCode {
  if (session.format === 'text' && webhook.secret !== undefined) {
    session.print(`${session.colors.bold(webhook.secret)}\n`);
    session.note('Keep the secret in a safe place: it is not shown again. Receivers verify with it.');
  }
  return print(session, raw, webhook);
}

function print(session: Session, raw: unknown, webhook: WireWebhook): ExitCode {
  if (session.format === 'json') {
    session.printJson(raw);
    return EXIT.ok;
  }
  const { previous_secret_until: until, line_ids: lines, last_gap: gap } = webhook;
  const { failing_since: failing, last_success_at: success } = webhook;
  const rows: readonly (readonly [string, string])[] = [
    ['id', webhook.id],
    ['url', webhook.url],
    ['events', eventsText(webhook)],
    ['lines', lines.length === 0 ? 'all' : lines.join(', ')],
    ['profile', webhook.profile],
    ['state', stateText(webhook)],
    ['waiting', String(webhook.pending)],
    ...(success === undefined ? [] : [['success', `last at ${dateAndTime(success)}`] as const]),
    ...(failing === undefined ? [] : [['failing', `since ${dateAndTime(failing)}`] as const]),
    ...(gap === undefined ? [] : [['missed', `#${gap.from} to #${gap.to} were no longer kept`] as const]),
    ...(until === undefined
      ? []
      : [['overlap', `the secret before signs too until ${dateAndTime(until)}`] as const]),
  ];
  rows.forEach(([name, value]) => session.print(`  ${session.colors.dim(name.padEnd(9))}${visible(value)}`));
  return EXIT.ok;
}

function eventsText({ events }: WireWebhook): string {
  return events.includes('*') ? 'all' : events.join(', ');
}

function stateText({
  state,
  disabled_reason: reason,
  failing_since: failing,
  last_error: error,
}: WireWebhook): string {
  if (state !== 'active') {
    return `${state}${reason === undefined ? '' : ` (${reason})`}`;
  }
  return failing === undefined ? state : `failing${error === undefined ? '' : ` (${error})`}`;
}
