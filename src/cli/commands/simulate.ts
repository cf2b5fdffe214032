import { fstatSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import type { Era, SimulatedMac } from '../../simulator/index.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Act } from '../act.ts';
import type { Session } from '../session.ts';

const ERAS: readonly Era[] = ['10.13', '10.15', '12', '13', '14', '14u', '15', '26', '26.5', '27'];

interface Options {
  readonly era: Era;
  readonly folder?: string;
  readonly line?: string;
  readonly sms?: true;
}

export function addSimulate(program: Command, act: Act): void {
  program
    .command('simulate')
    .description('be a Mac: a chat.db that people write to, and an osascript to send with')
    .addOption(new Option('--era <macos>', 'macOS whose database it is').choices(ERAS).default('26'))
    .option(
      '--folder <folder>',
      'where it lives; an existing one is used on (default: a new one, removed at the end)',
    )
    .option('--line <address>', "the Mac's own number or e-mail address")
    .option('--sms', 'with an account for text messages, as where an iPhone forwards them')
    .addHelpText(
      'after',
      `
Runs in the foreground and takes commands on stdin, one per line ("help" lists them): people
text, answer, react and read; Messages quits; sends fail. Each is answered by one line.
Ctrl-C or "exit" ends it.`,
    )
    .action(act(simulate));
}

async function simulate(session: Session, options: Options): Promise<ExitCode> {
  const { runSimulator } = await import('../../simulator/index.ts');
  const folder = options.folder === undefined ? null : resolve(options.folder);
  const root = folder ?? mkdtempSync(join(tmpdir(), 'blueline-mac-'));
  try {
    await runSimulator({
      folder: root,
      era: options.era,
      ...(options.line === undefined ? {} : { line: options.line }),
      hasSms: options.sms === true,
      clock: session.clock,
      ...(hasInput(session.io) ? { stdin: session.io.stdin } : {}),
      signal: session.io.signal,
      print: (line) => printAnswer(session, line),
      onReady: (mac) => introduce(session, mac, options.era, root),
    });
  } finally {
    if (folder === null) {
      rmSync(root, { recursive: true, force: true });
    }
  }
  return EXIT.ok;
}

/** Whether anyone can type: /dev/null, which services and background jobs have for stdin, is no end of input. */
function hasInput({ stdin }: Io): boolean {
  return stdin.isTTY === true || stdin.fd === undefined || !fstatSync(stdin.fd).isCharacterDevice();
}

function introduce(session: Session, mac: SimulatedMac, era: Era, root: string): void {
  const { database, osascript, socket } = mac;
  const variables = {
    BLUELINE_MESSAGES_DB: database,
    BLUELINE_OSASCRIPT: osascript,
    BLUELINE_HOME: join(root, 'home'),
  };
  if (session.format === 'json') {
    session.printJson({ database, osascript, socket, environment: variables });
    return;
  }
  const { bold, dim } = session.colors;
  session.print(`${bold('A simulated Mac')} (macOS ${era}) is up.

  database    ${database}
  executable  ${osascript}
  socket      ${socket}

To run the daemon against it, in a second terminal:
${Object.entries(variables)
  .map(([name, value]) => `  export ${name}=${quote(value)}`)
  .join('\n')}
  blueline run
${dim('BLUELINE_HOME keeps it apart from a daemon of your own; set it for the other commands too.')}
`);
}

/** The simulator's answers are lines `ok <JSON>`, `error <code>: <sentence>`, and prose. */
function printAnswer(session: Session, line: string): void {
  if (session.format === 'text') {
    session.print(line);
    return;
  }
  const error = /^error (\S+): (.*)$/su.exec(line);
  if (error !== null) {
    session.printJson({ ok: false, error: { code: error[1], message: error[2] } });
  } else if (line.startsWith('ok ')) {
    session.printJson({ ok: true, result: JSON.parse(line.slice(3)) });
  } else {
    session.printJson({ message: line });
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
