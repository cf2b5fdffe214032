import closeWithGrace from 'close-with-grace';
import type { Command } from 'commander';
import { dataFolder, loadConfig } from '../../config/index.ts';
import { createLogger, errorCode, systemClock, type Logger } from '../../runtime/index.ts';
import { ensureCliKey } from '../cli-key.ts';
import { removeDaemonFile, writeDaemonFile } from '../daemon-file.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { framesOf } from '../failure.ts';
import { logLine } from '../log-line.ts';
import type { Act } from '../program.ts';
import type { Session } from '../session.ts';
import { version } from '../version.ts';

/** A stop that takes longer is cut off; what was being sent is then looked after at the next start. */
const STOP_DEADLINE_MS = 10_000;

export function addRun(program: Command, act: Act): void {
  program
    .command('run')
    .description('run the daemon in the foreground, as launchd does')
    .addHelpText(
      'after',
      `
Logs go to stdout: readable on a terminal, JSON elsewhere. SIGTERM or Ctrl-C ends it in
order, with code 0. The first start makes the data folder, and in it the key that the other
commands use.`,
    )
    .action(act(run));
}

/** Returns only where it is asked to end before it has begun; later the process ends when the bridge has stopped. */
async function run(session: Session): Promise<ExitCode> {
  const { environment } = session;
  const { config, unknownVariables } = loadConfig(environment);
  const log = createLogger(config.logLevel, { write: (entry: string) => writeLog(session, entry) });
  for (const variable of unknownVariables) {
    log.warn({ variable }, 'An environment variable is unknown and has no effect; it may be misspelt');
  }
  const { createBridge } = await import('../../bridge.ts');
  const bridge = createBridge({ config, version: version(), log, environment });
  const folder = dataFolder(environment);
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    removeDaemonFile(folder);
    await bridge.stop();
  };

  // A killed daemon leaves its file behind. The folder is ours now, so nobody else's is removed.
  removeDaemonFile(folder);
  const graceful = endGracefully(log, stop);
  if (session.io.signal.aborted) {
    // Asked to end before anything was there to hear it but the process itself.
    graceful.uninstall();
    await stop();
    return EXIT.ok;
  }
  let url: string;
  try {
    ensureCliKey(folder, bridge.keys);
    ({ url } = await bridge.start());
  } catch (error) {
    if (isStopping) {
      return ended();
    }
    graceful.uninstall();
    await stop();
    throw error;
  }
  if (!isStopping) {
    const startedAt = systemClock(config.clockOffsetMs).now();
    writeDaemonFile(folder, { url, pid: process.pid, startedAt });
    log.info({ url, version: version(), folder, messagesDb: config.messages.db }, 'The bridge is ready');
    session.note(`Blueline ${version()} is ready at ${url}`);
  }
  return ended();
}

function endGracefully(log: Logger, stop: () => Promise<void>): { uninstall(): void } {
  return closeWithGrace(
    {
      delay: STOP_DEADLINE_MS,
      logger: false,
      // An empty event loop is no reason: a start that failed ends the process with a code of its own.
      skip: ['beforeExit'],
      onTimeout: () => log.error({ deadlineMs: STOP_DEADLINE_MS }, 'The stop took too long and was cut off'),
      onSecondError: (error) => log.fatal(told(error), 'Another error during the stop'),
    },
    async ({ err, signal }) => {
      if (err === undefined) {
        log.info({ signal }, 'The bridge is stopping');
      } else {
        log.fatal(told(err), 'An unforeseen error ends the bridge');
      }
      try {
        await stop();
      } catch (error) {
        log.error(told(error), 'Some parts did not close cleanly');
        throw error;
      }
      log.info('The bridge has stopped');
    },
  );
}

/** An error as the log may hold it: its message could quote user data. */
function told(error: unknown): { readonly code: string; readonly frames: string } {
  return { code: errorCode(error), frames: framesOf(error) };
}

function writeLog(session: Session, entry: string): void {
  if (session.format === 'json') {
    session.io.stdout.write(entry);
  } else {
    session.print(logLine(entry, session.colors));
  }
}

/** From here on the signal decides when the process ends. */
function ended(): Promise<never> {
  return new Promise(() => undefined);
}
