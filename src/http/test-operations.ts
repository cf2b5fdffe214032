import { instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { OperationsPort } from './ports.ts';

/** Finds nothing, and remembers the level of a log that is not there. */
export function fakeOperations(clock: Clock): OperationsPort {
  let settings: ReturnType<OperationsPort['logSettings']> = { level: 'info', until: null };
  return {
    diagnose: () => Promise.resolve({ asked: 'agent', checked_at: clock.now(), checks: [] }),
    logSettings: () => settings,
    setLogLevel: (level, forMs) => {
      settings = { level, until: forMs === null ? null : instant(clock.now() + forMs) };
      return settings;
    },
  };
}
