import { momentOf, msSince, type Clock, type Moment } from '../runtime/index.ts';
import { childEnvironment } from './child-environment.ts';
import { LiveGroups } from './live-groups.ts';
import { runChild } from './run-child.ts';

const TIMEOUT_MS = 2_000;
const KILL_GRACE_MS = 1_000;

/** Whether Messages runs for this user (each has its own), or `null` where that could not be found out. */
export type IsRunning = (signal: AbortSignal) => Promise<boolean | null>;

/** So long a process that `pgrep` named is only asked whether it lives: then another may have got its number. */
const TRUSTED_MS = 60_000;

/**
 * Asks `pgrep`, which sends Messages nothing and needs no permission; and then, at next to no cost, whether the process
 * that it named is still there.
 */
export function createProcessList(clock: Clock, pgrep = '/usr/bin/pgrep'): IsRunning {
  const groups = new LiveGroups();
  const environment = childEnvironment({}, false);
  const args = ['-u', String(process.getuid?.() ?? 0), '-x', 'Messages'];
  let known: { readonly pid: number; readonly asked: Moment } | null = null;
  return async (signal) => {
    if (known !== null && msSince(known.asked, clock) < TRUSTED_MS && isAlive(known.pid)) {
      return true;
    }
    known = null;
    const asked = momentOf(clock);
    const end = await runChild({
      file: pgrep,
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
    if (end.end !== 'exited' || end.code > 1) {
      return null;
    }
    const pid = Number(/^\d+$/mu.exec(end.stdout)?.[0] ?? 0);
    known = end.code === 0 && pid > 0 ? { pid, asked } : null;
    return end.code === 0;
  };
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    // Gone, or another user's by now.
    return false;
  }
}
