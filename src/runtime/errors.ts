/**
 * An error that a person or a program can act on. `code` is stable; the message says what happened, `advice`
 * what to do about it. Neither ever holds a text, a handle or a secret.
 */
export class BluelineError extends Error {
  override readonly name = 'BluelineError';
  readonly code: string;
  readonly advice: string | null;

  constructor(code: string, message: string, options: { advice?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.advice = options.advice ?? null;
  }
}

/** The stable part of any thrown value, fit for a log line: never its message, which may quote user data. */
export function errorCode(error: unknown): string {
  if (error instanceof Error) {
    return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
  }
  return typeof error;
}
