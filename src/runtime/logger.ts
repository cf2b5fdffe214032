import { createRequire } from 'node:module';
import type * as Pino from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger };

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

/** Loaded by the one process that logs: its threads and child processes do without. */
const library = (): typeof Pino => createRequire(import.meta.url)('pino');

/**
 * The process's logger. Messages are constant sentences, variables are fields, and no field ever holds a text,
 * a handle or a secret; the redaction list is a second fence for those that slip in by name.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: {
      paths: [
        'text',
        'handle',
        'to',
        'key',
        'secret',
        'token',
        'authorization',
        '*.text',
        '*.handle',
        '*.authorization',
      ],
      censor: '[redacted]',
    },
  };
  const { pino } = library();
  return destination === undefined ? pino(options) : pino(options, destination);
}
