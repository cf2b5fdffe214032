import { realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import { Writable } from 'node:stream';
import { Option, type Command } from 'commander';
import type { Instant } from '../../domain/index.ts';
import { BluelineError } from '../../runtime/index.ts';
import type { ExportFormat, ExportProgress } from '../../export/index.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { CliError } from '../failure.ts';
import { moment } from '../option-values.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';
import { visibleJson } from '../visible-text.ts';

interface Options {
  readonly db?: string;
  readonly since?: Instant;
  readonly until?: Instant;
  readonly chat?: string;
  readonly line?: string;
  readonly format: ExportFormat;
  readonly out?: string;
}

const CLEAR_LINE = '\r\u001B[K';
const PROGRESS_EVERY_MS = 200;

export function addExport(program: Command, act: Act): void {
  program
    .command('export')
    .description('write out the messages of a chat.db, of this Mac or copied from any other')
    .option('--db <path>', "the database (default: Messages' own, as configured)")
    .option(
      '--since <moment>',
      'from then on: 2026-11-21, 2026-11-21T14:00+01:00, or Unix milliseconds',
      moment,
    )
    .option('--until <moment>', 'before then', moment)
    .option('--chat <chat>', 'only this chat: a number, an e-mail, a chat guid, or a cht_… id')
    .option('--line <line>', 'only what this own address sent or got: the address, or an ln_… id')
    .addOption(
      new Option('--format <format>', 'jsonl: a message a line; html: one chat as a page to read')
        .choices(['jsonl', 'html'])
        .default('jsonl'),
    )
    .option('--out <file>', 'where to (default: stdout); the file appears when it is complete')
    .addHelpText(
      'after',
      `
Needs no daemon. The database is read with the -wal beside it, if there is one, and neither is changed; a copy of
it is made in the temporary folder for the time of the export. Pictures of a page come from the Attachments folder
beside the database. A date without an hour begins at midnight, here.`,
    )
    .action(act(exportCommand));
}

async function exportCommand(session: Session, options: Options): Promise<ExitCode> {
  const { exportMessages, openFileSink, openStreamSink } = await import('../../export/index.ts');
  const database = options.db === undefined ? await configured(session) : resolve(options.db);
  const isOnScreen = options.out === undefined && session.io.stdout.isTTY === true;
  if (isOnScreen && options.format === 'html') {
    throw new CliError(
      EXIT.usage,
      'usage',
      'A page is nothing for a terminal.',
      'Name a file with --out, or redirect the output.',
    );
  }
  const progress = isOnScreen || session.io.stderr.isTTY !== true ? null : startProgress(session);
  try {
    const { ended, messages } = await exportMessages({
      database,
      isLive: async () => options.db === undefined || (await isConfigured(session, database)),
      filter: {
        since: options.since ?? null,
        until: options.until ?? null,
        chat: options.chat ?? null,
        line: options.line ?? null,
      },
      format: options.format,
      openSink: (databaseFile) =>
        options.out === undefined
          ? openStreamSink(stdoutOf(session))
          : openFileSink(resolve(options.out), databaseFile),
      signal: session.io.signal,
      onProgress: (now) => progress?.show(now),
      // A terminal obeys control characters that JSON leaves as they are.
      ...(isOnScreen ? { encode: visibleJson } : {}),
    });
    progress?.clear();
    if (ended === 'interrupted') {
      return EXIT.interrupted;
    }
    if (ended === 'complete' && progress !== null) {
      session.note(
        `${grouped(messages)} ${messages === 1 ? 'message' : 'messages'}${options.out === undefined ? '' : ` in ${options.out}`}`,
      );
    }
    return EXIT.ok;
  } catch (error) {
    progress?.clear();
    throw toCliError(error, options.db !== undefined);
  }
}

/** The database of this Mac's Messages, or what the configuration puts in its place. */
async function configured(session: Session): Promise<string> {
  const { loadConfig } = await import('../../config/index.ts');
  return resolve(loadConfig(session.environment).config.messages.db);
}

/** A configuration that cannot be read must not stop the export of a database that is named. */
async function isConfigured(session: Session, database: string): Promise<boolean> {
  try {
    return realpathSync(await configured(session)) === realpathSync(database);
  } catch {
    return false;
  }
}

function stdoutOf(session: Session): Writable {
  const { stdout } = session.io;
  return stdout instanceof Writable
    ? stdout
    : new Writable({
        decodeStrings: false,
        write: (piece: string, _encoding, done) => {
          stdout.write(piece);
          done();
        },
      });
}

/** One line on the terminal that is written over again and again: how many, how fast, how far. */
function startProgress(session: Session): { show(progress: ExportProgress): void; clear(): void } {
  const { clock, errorColors, io } = session;
  const startedAt = clock.now();
  let shownAt = 0;
  return {
    show: ({ messages, position }) => {
      const now = clock.now();
      if (now - shownAt < PROGRESS_EVERY_MS) {
        return;
      }
      shownAt = now;
      const rate = Math.round((messages * 1000) / Math.max(1, now - startedAt));
      const line = `${grouped(messages)} messages · ${grouped(rate)}/s · ${Math.floor(position * 100)} %`;
      io.stderr.write(`${CLEAR_LINE}${errorColors.dim(line)}`);
    },
    clear: () => void io.stderr.write(CLEAR_LINE),
  };
}

function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** The exit code that belongs to an error of an export, and advice that fits a database named on the command line. */
function toCliError(error: unknown, isNamed: boolean): unknown {
  if (!(error instanceof BluelineError)) {
    return error;
  }
  const { code, message, advice } = error;
  switch (code) {
    case 'messages_db_missing':
      return isNamed
        ? new CliError(EXIT.notFound, code, 'There is no database at that path.')
        : new CliError(
            EXIT.environment,
            code,
            message,
            'Open Messages once and sign in, or name a database with --db.',
          );
    case 'messages_db_invalid':
      return new CliError(
        EXIT.failure,
        code,
        'The file is no database of Messages, or it is damaged.',
        'Name the chat.db of a Mac, or a copy of one with the -wal that lay beside it.',
      );
    case 'messages_db_unreadable':
    case 'messages_db_locked':
      return new CliError(EXIT.environment, code, message, advice);
    case 'export_chat_unknown':
      return new CliError(EXIT.notFound, code, message, advice);
    case 'export_chat_needed':
    case 'export_line_invalid':
    case 'export_over_database':
      return new CliError(EXIT.usage, code, message, advice);
    default:
      return error;
  }
}
