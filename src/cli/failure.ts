import { CommanderError } from 'commander';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { EXIT, type ExitCode } from './exit-codes.ts';

/** Ends a command with this exit code. The message is a sentence, the advice what to do about it. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly exit: ExitCode;
  readonly code: string;
  readonly advice: string | null;

  constructor(exit: ExitCode, code: string, message: string, advice: string | null = null) {
    super(message);
    this.exit = exit;
    this.code = code;
    this.advice = advice;
  }
}

/** How a failed command is told. */
export interface Failure {
  readonly exit: ExitCode;
  readonly code: string;
  readonly message: string;
  readonly advice: string | null;
}

/** What any thrown value means for the person who typed the command. */
export function toFailure(error: unknown, command: string): Failure {
  if (error instanceof CliError) {
    return { exit: error.exit, code: error.code, message: error.message, advice: error.advice };
  }
  if (error instanceof BluelineError) {
    return { exit: exitOf(error.code), code: error.code, message: error.message, advice: error.advice };
  }
  if (error instanceof CommanderError) {
    return usageFailure(error, command);
  }
  return {
    exit: EXIT.failure,
    code: 'internal_error',
    // The message of an unforeseen error may quote user data, and stderr may be a log file.
    message: `Something went wrong inside blueline (${errorCode(error)}).`,
    advice: `Please report it with these lines:\n${framesOf(error)}`,
  };
}

/** Where an error was thrown, without its message. */
export function framesOf(error: unknown): string {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  return stack
    .split('\n')
    .filter((line) => /^\s+at /u.test(line))
    .slice(0, 8)
    .join('\n');
}

function usageFailure(error: CommanderError, command: string): Failure {
  const [first = '', ...more] = error.message.replace(/^error: /u, '').split('\n');
  const sentence = `${first.charAt(0).toUpperCase()}${first.slice(1)}`;
  const hint = more.map((line) => line.replaceAll(/^\(|\)$/gu, '')).join(' ');
  const dash =
    command === 'send' && error.code === 'commander.unknownOption'
      ? ' A text that begins with a dash goes behind --: blueline send <to> -- <text>.'
      : '';
  const help = `See: blueline ${command === '' ? '' : `${command} `}--help`;
  return {
    exit: EXIT.usage,
    code: 'usage',
    message: /[.?!]$/u.test(sentence) ? sentence : `${sentence}.`,
    advice: `${hint === '' ? '' : `${hint} `}${help}.${dash}`,
  };
}

/** The exit code that belongs to an error of another room. */
function exitOf(code: string): ExitCode {
  switch (code) {
    case 'config_invalid':
    case 'key_name_invalid':
    case 'key_scope_unknown':
    case 'key_line_invalid':
    case 'no_such_version':
    case 'file_exists':
      return EXIT.usage;
    case 'store_missing':
    case 'backup_missing':
      return EXIT.notFound;
    case 'already_running':
    case 'store_unusable':
    case 'launchctl_failed':
    case 'packages_missing':
    case 'config_unreadable':
    case 'http_port_in_use':
    case 'http_bind_failed':
    case 'http_bind_refused':
      return EXIT.environment;
    default:
      return EXIT.failure;
  }
}
