import type { Clock } from '../runtime/index.ts';
import { childEnvironment } from './child-environment.ts';
import { LiveGroups } from './live-groups.ts';
import { runChild } from './run-child.ts';

const TIMEOUT_MS = 2_000;
const KILL_GRACE_MS = 1_000;

/** Whether Messages runs for this user (each has its own), or `null` where that could not be found out. */
export type IsRunning = (signal: AbortSignal) => Promise<boolean | null>;

/** Asks `pgrep`, which sends Messages nothing and needs no permission. */
export function createProcessList(clock: Clock): IsRunning {
  const groups = new LiveGroups();
  const environment = childEnvironment({}, false);
  const args = ['-u', String(process.getuid?.() ?? 0), '-x', 'Messages'];
  return async (signal) => {
    const end = await runChild({
      file: '/usr/bin/pgrep',
      args,
      input: '',
      environment,
      clock,
      timeoutMs: TIMEOUT_MS,
      killGraceMs: KILL_GRACE_MS,
      groups,
      signal,
    });
    // 0: some match, 1: none, 2 and 3: pgrep itself failed (pgrep(1) of macOS and of procps).
    return end.end === 'exited' && end.code <= 1 ? end.code === 0 : null;
  };
}
