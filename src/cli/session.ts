import pc from 'picocolors';
import { systemClock, type Clock } from '../runtime/index.ts';
import type { ExitCode } from './exit-codes.ts';
import { toFailure } from './failure.ts';
import type { Environment, Io } from './io.ts';
import { renderTable, type Column, type TableLook } from './table.ts';
import { visible, visibleJson } from './visible-text.ts';

export type Colors = ReturnType<typeof pc.createColors>;

/** One command line: what it was typed in, and how to answer there. */
export interface Session {
  readonly io: Io;
  readonly environment: Environment;
  readonly clock: Clock;
  readonly format: 'json' | 'text';
  /** Text goes to a terminal, where it may be coloured, framed and rewritten. */
  readonly isTerminal: boolean;
  /** Colours for stdout, and for stderr; they do nothing where there are none. */
  readonly colors: Colors;
  readonly errorColors: Colors;
  /** Prints one line of text to stdout. It goes out as it is: foreign text is made visible before. */
  print(line: string): void;
  /** Prints one JSON document on a line of its own. */
  printJson(value: unknown): void;
  printTable<T>(rows: readonly T[], columns: readonly Column<T>[]): void;
  /** Says something beside the output proper, on stderr. */
  note(line: string): void;
  /** Tells why the command (`keys create`; empty where there is none) failed, and returns what the process is to end with. */
  fail(error: unknown, command: string): ExitCode;
}

/** Used where a terminal does not say how wide it is. */
const DEFAULT_COLUMNS = 80;

/**
 * How to answer a command line: tables and colour on a terminal, JSON elsewhere; `--json` and `--plain` decide
 * otherwise. Looks at the bare words, so that a command line that cannot be understood is answered in the same way.
 */
export function createSession(argv: readonly string[], io: Io, environment: Environment): Session {
  const end = argv.indexOf('--');
  const words = end === -1 ? argv : argv.slice(0, end);
  const wantsJson = words.includes('--json');
  const wantsPlain = words.includes('--plain');
  const isOnTerminal = io.stdout.isTTY === true;
  const format = wantsJson || (!wantsPlain && !isOnTerminal) ? 'json' : 'text';
  const isTerminal = format === 'text' && isOnTerminal && !wantsPlain;
  const hasColors = (environment['NO_COLOR'] ?? '') === '' && environment['TERM'] !== 'dumb';
  const colors = pc.createColors(isTerminal && hasColors);
  const errorColors = pc.createColors(io.stderr.isTTY === true && hasColors && !wantsPlain);
  // A person who sends the output elsewhere (`> file`) still reads what goes wrong on the terminal.
  const hasJsonErrors = wantsJson || (format === 'json' && io.stderr.isTTY !== true);

  const look: TableLook = isTerminal
    ? { kind: 'framed', width: io.stdout.columns ?? DEFAULT_COLUMNS, colors }
    : { kind: 'plain' };
  const note = (line: string) => void io.stderr.write(`${line}\n`);

  return {
    io,
    environment,
    clock: systemClock(),
    format,
    isTerminal,
    colors,
    errorColors,
    print: (line) => void io.stdout.write(`${line}\n`),
    printJson: (value) => void io.stdout.write(`${visibleJson(value)}\n`),
    printTable: (rows, columns) => void io.stdout.write(`${renderTable(rows, columns, look)}\n`),
    note,
    fail: (error, command) => {
      const { exit, code, message, advice } = toFailure(error, command);
      if (hasJsonErrors) {
        note(visibleJson({ error: { code, message, ...(advice === null ? {} : { advice }) } }));
      } else {
        note(`${errorColors.red('✗')} ${visible(message)}`);
        for (const line of advice?.split('\n') ?? []) {
          note(`  ${visible(line)}`);
        }
      }
      return exit;
    },
  };
}
