import type { Host } from './host.ts';
import { outputOf } from './tool-end.ts';

/** Messages of this user. */
export interface MessagesProcesses {
  readonly count: number;
  /** How long the eldest has been running, as `ps` writes it (`02-11:04:05`); `null` where it does not say. */
  readonly since: string | null;
}

/** `null` where the process list cannot be read. Other users' Messages do not count: each has its own. */
export async function readMessagesProcesses(host: Host, uid: number): Promise<MessagesProcesses | null> {
  const end = await host.run('pgrep', ['-u', String(uid), '-x', 'Messages']);
  // 1: none of that name (pgrep(1)).
  if (end.end !== 'exited' || end.code > 1) {
    return null;
  }
  const pids = end.stdout.split('\n').filter((line) => /^\d+$/u.test(line));
  const [first] = pids;
  const since = first === undefined ? null : outputOf(await host.run('ps', ['-o', 'etime=', '-p', first]));
  return { count: pids.length, since };
}
