import { CommanderError, type Command } from 'commander';
import { processEnvironment } from '../config/environment.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';
import type { Environment, Io } from './io.ts';
import { createProgram } from './program.ts';
import { createSession } from './session.ts';

/** Carries out one command line (without the program's own name), and tells what the process is to end with. */
export async function main(
  argv: readonly string[],
  io: Io,
  environment: Environment = processEnvironment(),
): Promise<ExitCode> {
  const session = createSession(argv, io, environment);
  let exit: ExitCode = EXIT.ok;
  let helpOnError = '';
  const program = await createProgram(session, argv, {
    ended: (code) => {
      exit = code;
    },
    writeError: (text) => {
      helpOnError += text;
    },
  });
  try {
    await program.parseAsync(spellOutWait(argv), { from: 'user' });
    return exit;
  } catch (error) {
    if (error instanceof CommanderError && error.exitCode === 0) {
      return EXIT.ok;
    }
    if (error instanceof CommanderError && error.code === 'commander.help') {
      io.stderr.write(helpOnError);
      return EXIT.usage;
    }
    return session.fail(error, commandPath(program, argv));
  }
}

/** The command that was asked for, as far as there is one: `keys create`. */
function commandPath(program: Command, argv: readonly string[]): string {
  const path: string[] = [];
  let at = program;
  for (const word of argv.filter((candidate) => !candidate.startsWith('-'))) {
    const next = at.commands.find((candidate) => candidate.name() === word);
    if (next === undefined) {
      break;
    }
    path.push(word);
    at = next;
  }
  return path.join(' ');
}

/** `--wait` may stand without its seconds; the word behind it must not be taken for them. */
function spellOutWait(argv: readonly string[]): string[] {
  const end = argv.indexOf('--');
  return argv.map((word, index) => (word === '--wait' && (end === -1 || index < end) ? '--wait=' : word));
}
