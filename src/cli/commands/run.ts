import { join } from 'node:path';
import closeWithGrace from 'close-with-grace';
import type { Command } from 'commander';
import type { Bridge } from '../../bridge.ts';
import { dataFolder, loadConfig, type Config } from '../../config/index.ts';
import {
  CRASH_FILE,
  createLeveledLogger,
  errorCode,
  openLogFile,
  Retried,
  sleep,
  systemClock,
  trimCrashFile,
  type LogFile,
  type Logger,
} from '../../runtime/index.ts';
import { ensureCliKey } from '../cli-key.ts';
import { removeDaemonFile, writeDaemonFile } from '../daemon-file.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { framesOf } from '../failure.ts';
import { logLine } from '../log-line.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { version } from '../version.ts';

/** A stop that takes longer is cut off; what was being sent is then looked after at the next start. */
const STOP_DEADLINE_MS = 20_000;
/** How often the agent looks whether another daemon has let go of the data folder. */
const LOCK_RETRY_MS = 5_000;

interface Options {
  readonly logFolder?: string;
}

export function addRun(program: Command, act: Act): void {
  program
    .command('run')
    .description('run the daemon in the foreground, as launchd does')
    .option(
      '--log-folder <folder>',
      'log to files there, which are begun anew by themselves; as the agent does',
    )
    .addHelpText(
      'after',
      `
Logs go to stdout: readable on a terminal, JSON elsewhere. SIGTERM or Ctrl-C ends it in
order, with code 0. The first start makes the data folder, and in it the key that the other
commands use. With --log-folder nothing is printed but what ends the process, and a data folder
that another daemon holds is waited for instead of refused.`,
    )
    .action(act(run));
}

/** Returns only where it is asked to end before it has begun; later the process ends when the bridge has stopped. */
async function run(session: Session, { logFolder }: Options): Promise<ExitCode> {
  const { environment } = session;
  if (logFolder !== undefined) {
    // First of all: whatever follows may fail again and again, and print why.
    trimCrashFile(join(logFolder, CRASH_FILE));
  }
  const { config, unknownVariables } = loadConfig(environment);
  const output = logFolder === undefined ? terminalLog(session) : fileLog(logFolder, config);
  const { log, ...logLevels } = createLeveledLogger(config.logLevel, output);
  try {
    for (const variable of unknownVariables) {
      log.warn({ variable }, 'An environment variable is unknown and has no effect; it may be misspelt');
    }
    const { createBridge } = await import('../../bridge.ts');
    const open = () =>
      createBridge({
        config,
        version: version(),
        log,
        logLevels,
        logFolder: logFolder ?? null,
        environment,
      });
    const bridge = logFolder === undefined ? open() : await openWhenFree(session, log, open);
    return bridge === null ? EXIT.ok : await serve(session, { config, log, bridge, output, logFolder });
  } finally {
    // Reached where the daemon has not begun; one that has begun ends with the process.
    await output.close();
  }
}

/** Where the log goes; what was written is there once `close` has resolved. */
type LogOutput = Pick<LogFile, 'write' | 'close'>;

function terminalLog(session: Session): LogOutput {
  return { write: (entry) => writeLog(session, entry), close: () => Promise.resolve() };
}

function fileLog(folder: string, config: Config): LogOutput {
  return openLogFile({ folder, ...config.logFiles, clock: systemClock() });
}

/**
 * The bridge, once no other daemon holds the data folder. The agent waits: it would be started again at once, and after
 * some such ends launchd leaves an agent alone. `null` where it is asked to end meanwhile.
 */
async function openWhenFree(session: Session, log: Logger, open: () => Bridge): Promise<Bridge | null> {
  for (let isTold = false; !session.io.signal.aborted; isTold = true) {
    try {
      return open();
    } catch (error) {
      if (errorCode(error) !== 'already_running') {
        throw error;
      }
      if (!isTold) {
        log.warn('Another daemon holds the data folder; the agent waits for it to end');
      }
      await sleep(session.clock, LOCK_RETRY_MS, session.io.signal);
    }
  }
  return null;
}

async function serve(
  session: Session,
  daemon: {
    readonly config: Config;
    readonly log: Logger;
    readonly bridge: Bridge;
    readonly output: LogOutput;
    readonly logFolder: string | undefined;
  },
): Promise<ExitCode> {
  const { config, log, bridge, output, logFolder } = daemon;
  const folder = dataFolder(session.environment);
  let isStopping = false;
  const stop = async () => {
    isStopping = true;
    removeDaemonFile(folder);
    await bridge.stop();
  };

  // A killed daemon leaves its file behind. The folder is ours now, so nobody else's is removed.
  removeDaemonFile(folder);
  const graceful = endGracefully(log, {
    stop,
    end: () => output.close(),
    // The log is for what happened; why the process died is looked for where launchd puts what it prints.
    tellDeath: (sentence) => (logFolder === undefined ? undefined : session.note(sentence)),
  });
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
    const clock = systemClock(config.clockOffsetMs);
    const startedAt = clock.now();
    const tellOthers = () => {
      if (!isStopping) {
        writeDaemonFile(folder, { url, pid: process.pid, startedAt });
      }
    };
    // The disk may be full: the other commands find the daemon when there is room again.
    new Retried(clock, tellOthers).run();
    log.info({ url, version: version(), folder, messagesDb: config.messages.db }, 'The bridge is ready');
    if (logFolder === undefined) {
      session.note(`Blueline ${version()} is ready at ${url}`);
    }
  }
  return ended();
}

function endGracefully(
  log: Logger,
  steps: {
    readonly stop: () => Promise<void>;
    readonly end: () => Promise<void>;
    readonly tellDeath: (sentence: string) => void;
  },
): { uninstall(): void } {
  return closeWithGrace(
    {
      delay: STOP_DEADLINE_MS,
      logger: false,
      // An empty event loop is no reason: a start that failed ends the process with a code of its own.
      skip: ['beforeExit'],
      onTimeout: () => {
        log.error({ deadlineMs: STOP_DEADLINE_MS }, 'The stop took too long and was cut off');
        steps.tellDeath('The stop took too long and was cut off.');
      },
      onSecondError: (error) => log.fatal(told(error), 'Another error during the stop'),
    },
    async ({ err, signal }) => {
      if (err === undefined) {
        log.info({ signal }, 'The bridge is stopping');
      } else {
        log.fatal(told(err), 'An unforeseen error ends the bridge');
        const { code, frames } = told(err);
        steps.tellDeath(
          `${new Date().toISOString()} An unforeseen error ends the bridge (${code}).\n${frames}`,
        );
      }
      try {
        await steps.stop();
        log.info('The bridge has stopped');
      } catch (error) {
        log.error(told(error), 'Some parts did not close cleanly');
        throw error;
      } finally {
        await steps.end();
      }
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
