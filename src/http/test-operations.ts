import { instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { OperationsPort } from './ports.ts';

/** What an operator asks of a daemon, answered from memory. */
export function fakeOperations(clock: Clock): OperationsPort {
  let settings: ReturnType<OperationsPort['logSettings']> = { level: 'info', until: null };
  return {
    diagnose: () => Promise.resolve({ asked: 'agent', checked_at: clock.now(), checks: [] }),
    forget: (contact) =>
      Promise.resolve({
        handle: contact,
        events: 0,
        commands: 0,
        canceled: 0,
        kept: 0,
        files: 0,
        is_scrubbed: true,
        also_in: [],
      }),
    logSettings: () => settings,
    setLogLevel: (level, forMs) => {
      settings = { level, until: forMs === null ? null : instant(clock.now() + forMs) };
      return settings;
    },
  };
}
