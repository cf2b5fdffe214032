import { createRequire } from 'node:module';
import type * as Pino from 'pino';
import type { DestinationStream, Logger } from 'pino';

export type { Logger };

/** From the most talkative on; a level tells what stands behind it as well. */
export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

export type LogLevel = (typeof logLevels)[number];

/** Loaded by the one process that logs: its threads and child processes do without. */
const library = (): typeof Pino => createRequire(import.meta.url)('pino');

/**
 * The process's logger. Messages are constant sentences, variables are fields, and no field ever holds a text,
 * a handle or a secret; the redaction list is a second fence for those that slip in by name.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  return createLeveledLogger(level, destination).log;
}

/** A logger whose level can be changed while the process runs. */
export interface LeveledLogger {
  readonly log: Logger;
  readonly level: () => LogLevel;
  /** Holds at once for the logger and for every child of it, whenever that was made. */
  readonly setLevel: (level: LogLevel) => void;
}

/** The same as `createLogger`, with the handle that changes its level. */
export function createLeveledLogger(level: LogLevel, destination?: DestinationStream): LeveledLogger {
  // A child has a level of its own from when it is made. There is one for each room, made at the start.
  const children: Logger[] = [];
  const options = {
    level,
    base: null,
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: REDACTED.flatMap((name) => [name, `*.${name}`]), censor: '[redacted]' },
    onChild: (child: Logger) => void children.push(child),
  };
  const { pino } = library();
  const log = destination === undefined ? pino(options) : pino(options, destination);
  let current = level;
  return {
    log,
    level: () => current,
    setLevel: (next) => {
      current = next;
      for (const one of [log, ...children]) {
        one.level = next;
      }
    },
  };
}

const REDACTED = [
  'text',
  'body',
  'handle',
  'to',
  'from',
  'key',
  'secret',
  'token',
  'password',
  'authorization',
] as const;
