import type { WireCapture } from '../contract/index.ts';
import { instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { OperationsPort } from './operations-port.ts';
import type { HealthPort } from './ports.ts';

/** Finds nothing, and remembers the level of a log that is not there. */
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

const FOLLOWING: WireCapture = {
  mode: 'wal',
  state: 'following',
  code: null,
  cursor: 1,
  lag_ms: 0,
  pending_rows: 0,
};

/** Healthy while `rooms` say so. */
export function fakeHealth(rooms: { readonly isHealthy: boolean }): HealthPort {
  return {
    get status() {
      return rooms.isHealthy ? 'healthy' : 'unhealthy';
    },
    snapshot: () => ({
      bridgeId: 'mini-1',
      status: rooms.isHealthy ? 'healthy' : 'unhealthy',
      messagesAppRunning: rooms.isHealthy,
      pendingCommands: 0,
      uptime: 12.5,
      warnings: [],
      version: '0.1.0',
      checked_at: 1_700_000_000_000,
    }),
    details: () => ({ capture: FOLLOWING, lines: [{ id: 'ln_a' }, { id: 'ln_b' }] }),
  };
}
