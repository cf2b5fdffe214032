import type { Command } from 'commander';
import { list, webhookSchema } from '../../contract/index.ts';
import { connectApi, type ApiClient } from '../api-client.ts';
import { eventPages } from '../event-pages.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { createForwarder, type ForwardOptions } from '../forward.ts';
import { repeated } from '../option-values.ts';
import { profileOption } from '../profile-option.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { demandRange, replayTo, withRange, type RangeOptions } from './webhook-replay.ts';

interface Options extends RangeOptions, Partial<ForwardOptions> {
  readonly webhook?: readonly string[];
  readonly event?: readonly string[];
  readonly line?: readonly string[];
}

export function addEvents(program: Command, act: Act): void {
  const events = program
    .command('events')
    .description('the events that the daemon still holds')
    .helpCommand(false);
  withRange(
    events
      .command('replay')
      .description('send past events again: to webhooks, or to a URL of yours')
      .option('--webhook <id>', 'to this webhook; may be repeated (default: every active one)', repeated)
      .option('--failed', 'only what failed there')
      .option('-f, --forward-to <url>', 'to this URL instead, as `blueline listen` does')
      .option('--event <type>', 'with --forward-to: only events of this type; may be repeated', repeated)
      .option('--line <line>', 'with --forward-to: only of this line; may be repeated', repeated)
      .addOption(profileOption()),
  )
    .addHelpText(
      'after',
      `
They go out under the ids that they had, in the order of their sequence: a receiver that looks at
the header webhook-id knows what it has had.`,
    )
    .action(act(replay));
}

async function replay(session: Session, options: Options): Promise<ExitCode> {
  const { forwardTo } = options;
  demandRange(options);
  const api = connectApi(session);
  if (forwardTo !== undefined) {
    if (options.failed === true || options.webhook !== undefined) {
      throw new CliError(EXIT.usage, 'usage', '--forward-to goes with neither --failed nor --webhook.');
    }
    return forwardRange(session, api, { ...options, forwardTo });
  }
  const counts: { readonly webhook_id: string; readonly replayed: number }[] = [];
  for (const id of options.webhook ?? (await activeWebhooks(api))) {
    counts.push({ webhook_id: id, replayed: await replayTo(api, id, options) });
  }
  if (session.format === 'json') {
    session.printJson({ data: counts });
  } else if (counts.length === 0) {
    session.note('There is no active webhook.');
  } else {
    session.printTable(counts, [
      { title: 'webhook', value: (count) => count.webhook_id },
      { title: 'events', value: ({ replayed }) => String(replayed), align: 'right' },
    ]);
  }
  return EXIT.ok;
}

async function forwardRange(
  session: Session,
  api: ApiClient,
  options: Options & { readonly forwardTo: string },
): Promise<ExitCode> {
  const { after, since, to, until } = options;
  const forwarder = createForwarder(session, options);
  try {
    const from = { after, since, types: options.event?.join(','), lines: options.line?.join(',') };
    for await (const event of eventPages(api, from)) {
      const isBehind =
        event.sequence > (to ?? Infinity) || Date.parse(event.timestamp) >= (until ?? Infinity);
      if (isBehind || session.io.signal.aborted) {
        break;
      }
      await forwarder.forward(event);
    }
  } finally {
    forwarder.close();
  }
  return EXIT.ok;
}

async function activeWebhooks(api: ApiClient): Promise<readonly string[]> {
  const { data } = await api.get({
    path: '/v1/webhooks',
    query: { limit: 200 },
    answer: list(webhookSchema),
  });
  return data.data.filter((webhook) => webhook.is_active).map(({ id }) => id);
}
