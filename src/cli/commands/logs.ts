import { join } from 'node:path';
import { Option, type Command } from 'commander';
import { logSettingsSchema } from '../../contract/index.ts';
import { logFileName, logLevels, type LogLevel } from '../../runtime/index.ts';
import { agentOf } from '../agent.ts';
import { connectApi } from '../api-client.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { followFile, lastLines } from '../follow-file.ts';
import { logLine } from '../log-line.ts';
import { dateAndTime } from '../moments.ts';
import { wholeNumber } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';

const DEFAULT_LINES = 50;

interface Options {
  readonly follow?: boolean;
  readonly lines?: number;
  readonly crash?: boolean;
  readonly level?: LogLevel;
  readonly for?: number;
}

export function addLogs(program: Command, act: Act): void {
  program
    .command('logs')
    .description("the installed agent's log")
    .option('-f, --follow', 'stay, and print what comes')
    .option(
      '-n, --lines <number>',
      `so many of the last entries (${DEFAULT_LINES})`,
      wholeNumber(0, 1_000_000),
    )
    .option('--crash', 'what the process printed as it died, in place of the log')
    .addOption(
      new Option('--level <level>', 'have the running daemon tell more or less, instead of printing').choices(
        [...logLevels],
      ),
    )
    .option('--for <minutes>', 'with --level: how long; until it ends if left out', wholeNumber(1, 1440))
    .action(act(logs));
}

async function logs(session: Session, options: Options): Promise<ExitCode> {
  if (options.level !== undefined) {
    return changeLevel(session, options.level, options.for);
  }
  if (options.for !== undefined) {
    throw new CliError(EXIT.usage, 'usage', '--for goes with --level.');
  }
  const { layout } = agentOf(session);
  const count = options.lines ?? DEFAULT_LINES;
  const files =
    options.crash === true
      ? [`${layout.crash}.old`, layout.crash]
      : [join(layout.logs, logFileName(1)), join(layout.logs, logFileName(0))];
  const found = lastLines(files, count);
  if (found === null && options.follow !== true) {
    throw new CliError(
      EXIT.notFound,
      'no_log',
      `There is no log in ${layout.logs}.`,
      'The installed agent writes it; `blueline run` prints its own to the terminal.',
    );
  }
  const print = (line: string) => {
    if (session.format === 'json') {
      session.io.stdout.write(`${line}\n`);
    } else {
      session.print(logLine(line, session.colors));
    }
  };
  found?.forEach(print);
  if (options.follow === true) {
    await followFile(files[1] ?? '', { clock: session.clock, signal: session.io.signal, onLine: print });
  }
  return EXIT.ok;
}

async function changeLevel(
  session: Session,
  level: LogLevel,
  minutes: number | undefined,
): Promise<ExitCode> {
  const { raw, data } = await connectApi(session).patch({
    path: '/v1/bridge/log',
    answer: logSettingsSchema,
    body: { level, ...(minutes === undefined ? {} : { for_minutes: minutes }) },
    headers: {},
  });
  if (session.format === 'json') {
    session.printJson(raw);
  } else {
    const until = data.until === null ? 'until the daemon ends' : `until ${dateAndTime(data.until)}`;
    session.print(`The log tells from ${data.level} on, ${until}.`);
  }
  return EXIT.ok;
}
