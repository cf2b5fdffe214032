import { instant, type Instant } from '../domain/index.ts';
import type { Clock, Timer } from './clock.ts';
import type { LeveledLogger, LogLevel } from './logger.ts';

/** What the log tells now. */
export interface LogState {
  readonly level: LogLevel;
  /** When the level of the start holds again; `null`: not before the end of the process, or it holds now. */
  readonly until: Instant | null;
}

export interface LogSettings {
  logSettings(): LogState;
  /** `forMs` null: until the end of the process. */
  setLogLevel(level: LogLevel, forMs: number | null): LogState;
}

/** Changes what a log tells while it is written, for a while or for good. */
export function createLogSettings(clock: Clock, { log, level, setLevel }: LeveledLogger): LogSettings {
  const atStart = level();
  let timer: Timer | null = null;
  let until: Instant | null = null;
  const change = (next: LogLevel) => {
    timer?.cancel();
    timer = null;
    until = null;
    setLevel(next);
    log.info({ newLevel: next }, 'The level of the log changed');
  };
  const logSettings = () => ({ level: level(), until });
  return {
    logSettings,
    setLogLevel: (next, forMs) => {
      change(next);
      if (forMs !== null) {
        until = instant(clock.now() + forMs);
        timer = clock.after(forMs, () => change(atStart));
      }
      return logSettings();
    },
  };
}
