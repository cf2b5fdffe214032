import { pino, type DestinationStream, type Logger } from 'pino';

export type { Logger };

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';

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
  return destination === undefined ? pino(options) : pino(options, destination);
}
