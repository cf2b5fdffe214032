import { resolve } from 'node:path';
import type { Command } from 'commander';
import { dataFolder } from '../../config/index.ts';
import { AGENT_LABEL } from '../../host/index.ts';
import { BluelineError } from '../../runtime/index.ts';
import { backUpStore, lockInstance, restoreBackup } from '../../store/index.ts';
import { readDaemonFile } from '../daemon-file.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { interruption } from '../api-client.ts';
import { CliError } from '../failure.ts';
import { fileStamp } from '../moments.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visible } from '../visible-text.ts';

const PROGRESS_EVERY_MS = 200;
const CLEAR_LINE = '\r\u001B[K';

export function addBackup(program: Command, act: Act): void {
  program
    .command('backup [file]')
    .description("copy Blueline's own store into one file, whether the daemon runs or not")
    .addHelpText(
      'after',
      `
Without a file it is blueline-backup-<time>.db in this folder. It holds texts, addresses and the
hashes of keys, as the store does; uploaded files and config.yaml are not in it. \`blueline restore\`
puts it back.`,
    )
    .action(act(backup));
}

export function addRestore(program: Command, act: Act): void {
  program
    .command('restore <file>')
    .description("put a backup in the place of Blueline's own store; the daemon must not run")
    .addHelpText(
      'after',
      `
Nothing is sent again: a command that was not at its end in the backup gets an unknown outcome, which
rows of Messages may still prove. Events are numbered under a new epoch, and what Messages got since
the backup is told. The store that was there is set aside in the data folder, never deleted; what it
knows of commands, requests and keys is kept.`,
    )
    .action(act(restore));
}

async function backup(session: Session, file: string | undefined): Promise<ExitCode> {
  const to = resolve(file ?? `blueline-backup-${fileStamp(session.clock.now())}.db`);
  const progress = progressLine(session);
  try {
    const { bytes, events, commands, head } = await backUpStore(dataFolder(session.environment), to, {
      onProgress: progress.show,
      signal: session.io.signal,
    });
    progress.clear();
    if (session.format === 'json') {
      session.printJson({ file: to, bytes, events, commands, last_sequence: head, verified: true });
    } else {
      session.print(`${visible(to)} (${megabytes(bytes)})`);
      session.print(`  holds ${events} events and ${commands} commands; it was looked through and is whole`);
      session.print('Keep it as safe as the store: texts, addresses and hashes of keys are in it.');
    }
    return EXIT.ok;
  } catch (error) {
    progress.clear();
    throw session.io.signal.aborted ? interruption('nothing was kept') : error;
  }
}

async function restore(session: Session, given: string): Promise<ExitCode> {
  const folder = dataFolder(session.environment);
  const file = resolve(given);
  const unlock = lock(folder);
  const progress = progressLine(session);
  try {
    const { setAside, hadStore, figures, carried } = await restoreBackup(file, folder, {
      at: session.clock.now(),
      onProgress: progress.show,
      signal: session.io.signal,
    });
    progress.clear();
    if (session.format === 'json') {
      session.printJson({
        restored: file,
        ...figures,
        set_aside: hadStore ? setAside : null,
        kept_of_it: hadStore ? carried : [],
      });
      return EXIT.ok;
    }
    session.print(`The store is that of the backup: ${figures.events} events, ${figures.commands} commands.`);
    if (hadStore) {
      session.print(`The one before lies beside it as ${setAside}.`);
    }
    session.print(
      hadStore && carried.includes('commands')
        ? 'Commands and requests since the backup are known from the one before: none is taken on twice.'
        : 'What was accepted since the backup is not known any more: a client that repeats such a request ' +
            'has it sent again. Look into Messages before you let clients repeat theirs.',
    );
    session.print(
      hadStore && carried.includes('keys')
        ? 'Keys that were made or revoked since stay so.'
        : 'Keys that were revoked since the backup are valid again: see `blueline keys list`.',
    );
    session.print(
      'Start the daemon now. What was open in the backup gets an unknown outcome, and is not sent.',
    );
    return EXIT.ok;
  } catch (error) {
    progress.clear();
    throw session.io.signal.aborted ? interruption('the store is as it was') : error;
  } finally {
    unlock();
  }
}

function lock(folder: string): () => void {
  try {
    return lockInstance(folder);
  } catch (error) {
    if (!(error instanceof BluelineError) || error.code !== 'already_running') {
      throw error;
    }
    const pid = readDaemonFile(folder)?.pid;
    const uid = process.getuid?.() ?? 0;
    throw new CliError(
      EXIT.environment,
      'daemon_running',
      `The daemon runs on this data folder${pid === undefined ? '' : ` (process ${pid})`}.`,
      `End it first: the installed agent with \`launchctl bootout gui/${uid}/${AGENT_LABEL}\` (\`blueline restart\` ` +
        'starts it again afterwards), one in a terminal with Ctrl-C.',
    );
  }
}

/** How far a copy is, on a terminal; elsewhere nothing. */
function progressLine({ clock, io, errorColors, format }: Session) {
  const isShown = io.stderr.isTTY === true && format === 'text';
  let shownAt = 0;
  return {
    show: ({ pages, of }: { readonly pages: number; readonly of: number }): void => {
      const now = clock.now();
      if (isShown && now - shownAt >= PROGRESS_EVERY_MS) {
        shownAt = now;
        const percent = Math.floor((pages / Math.max(1, of)) * 100);
        io.stderr.write(`${CLEAR_LINE}${errorColors.dim(`${percent} % of ${megabytes(of * 4096)}`)}`);
      }
    },
    clear: (): void => {
      if (isShown) {
        io.stderr.write(CLEAR_LINE);
      }
    },
  };
}

function megabytes(bytes: number): string {
  return `${(bytes / 1_000_000).toFixed(1)} MB`;
}
