import type { Command } from 'commander';
import { connectApi } from '../api-client.ts';
import { followEvents } from '../event-feed.ts';
import { gapLine } from '../event-line.ts';
import { sequenceBefore } from '../event-pages.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createForwarder, type ForwardOptions } from '../forward.ts';
import { moment, repeated } from '../option-values.ts';
import { profileOption } from '../profile-option.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';

/** What has just happened comes along: whoever starts this has often just tried something. */
const LOOK_BACK_MS = 60_000;

interface Options extends ForwardOptions {
  readonly event?: readonly string[];
  readonly line?: readonly string[];
  /** Unix ms. */
  readonly since?: number;
}

export function addListen(program: Command, act: Act): void {
  program
    .command('listen')
    .description('post what happens to a URL of yours, signed as a webhook is')
    .requiredOption('-f, --forward-to <url>', 'where to post to')
    .option('--event <type>', 'only events of this type; may be repeated', repeated)
    .option('--line <line>', 'only of this line, by id or address; may be repeated', repeated)
    .option('--since <moment>', 'from then on: 2026-11-21T14:03 or Unix ms (default: a minute ago)', moment)
    .addOption(profileOption())
    .option('--include-backfilled', 'old messages that Messages inserts again, too')
    .addHelpText(
      'after',
      `
For building a receiver: no webhook is made, and nothing is kept. Each event is tried three times,
one after the other, with the headers and the signature of a webhook; a line tells each try.
The secret is printed at the start, or is that of BLUELINE_LISTEN_SECRET. Ctrl-C ends it, with code 0.`,
    )
    .action(act(listen));
}

async function listen(session: Session, options: Options): Promise<ExitCode> {
  const api = connectApi(session);
  const forwarder = createForwarder(session, options);
  let queue = Promise.resolve();
  try {
    const since = options.since ?? session.clock.now() - LOOK_BACK_MS;
    const wanted = {
      after: await sequenceBefore(api, since),
      types: options.event?.join(',') ?? null,
      lines: options.line?.join(',') ?? null,
    };
    await followEvents(session, wanted, {
      onEvent: (event) => {
        queue = queue.then(() => forwarder.forward(event));
      },
      onGap: (gap) => session.note(gapLine(gap, session.errorColors)),
      onCaughtUp: () => undefined,
      onBreak: () => {
        if (!session.io.signal.aborted) {
          session.note(session.errorColors.yellow('The connection to the daemon broke; trying to go on …'));
        }
      },
    });
  } catch (error) {
    // Ctrl-C is how it ends, however far it had come.
    if (!session.io.signal.aborted) {
      throw error;
    }
  } finally {
    await queue;
    forwarder.close();
  }
  return EXIT.ok;
}
