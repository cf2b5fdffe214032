import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { errorCode, type Clock, type Timer } from '../runtime/index.ts';
import { signalGroup, type LiveGroups } from './live-groups.ts';
import { OutputTail } from './output-tail.ts';

/** Of each stream the last 64 KiB are kept; the marker and the error line stand at the end. */
const OUTPUT_LIMIT_BYTES = 64 * 1024;
/** How long after its exit a child's output may still arrive; a grandchild may hold the pipe open for ever. */
const DRAIN_MS = 500;

export interface ChildRequest {
  readonly file: string;
  readonly args: readonly string[];
  readonly input: string;
  /** The whole environment of the child; undefined values are left out. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Between SIGTERM and SIGKILL. */
  readonly killGraceMs: number;
  readonly groups: LiveGroups;
  readonly signal?: AbortSignal | undefined;
}

/** How a child ended. `not_started` is certain: no instruction of it ever ran. */
export type ChildEnd =
  | { readonly end: 'not_started'; readonly code: string }
  | {
      readonly end: 'exited';
      readonly code: number;
      readonly stdout: string;
      readonly stderr: string;
      /** The beginning of stdout or stderr is missing. */
      readonly truncated: boolean;
    }
  /** By us. What it had printed proves nothing any more. Not even SIGKILL may have ended it yet. */
  | { readonly end: 'killed'; readonly by: KilledBy; readonly isGone: boolean }
  /** By a signal that was not ours. */
  | { readonly end: 'died'; readonly signal: string };

export type KilledBy = 'deadline' | 'abort';

/**
 * Runs one program without a shell, as the leader of a process group of its own, so that a wrapper's children end with
 * it. At the deadline or when the signal aborts, the group gets SIGTERM and after a grace SIGKILL. Always resolves, at
 * the latest two graces after the deadline; never rejects.
 */
export function runChild(request: ChildRequest): Promise<ChildEnd> {
  if (request.signal?.aborted === true) {
    return Promise.resolve({ end: 'not_started', code: 'ABORT_ERR' });
  }
  let child: ChildProcessWithoutNullStreams;
  try {
    child = spawn(request.file, request.args, { detached: true, env: { ...request.environment } });
  } catch (error) {
    // Some failures are thrown rather than emitted: E2BIG, ENOEXEC, a NUL character in an argument.
    return Promise.resolve({ end: 'not_started', code: errorCode(error) });
  }
  const leader = child.pid;
  return new Promise((resolve) => {
    if (leader === undefined) {
      // Its streams may be missing too (where descriptors ran out), so nothing else is touched.
      child.once('error', (error) => resolve({ end: 'not_started', code: errorCode(error) }));
    } else {
      follow(child, leader, request, resolve);
    }
  });
}

function follow(
  child: ChildProcessWithoutNullStreams,
  leader: number,
  request: ChildRequest,
  resolve: (end: ChildEnd) => void,
): void {
  const { clock, groups, signal, killGraceMs } = request;
  const stdout = new OutputTail(OUTPUT_LIMIT_BYTES);
  const stderr = new OutputTail(OUTPUT_LIMIT_BYTES);
  let killedBy: KilledBy | null = null;
  let ended: ChildEnd | null = null;
  let timer: Timer | null = null;

  const later = (ms: number, run: () => void) => {
    timer?.cancel();
    timer = clock.after(ms, run);
  };
  const finish = (end: ChildEnd) => {
    timer?.cancel();
    signal?.removeEventListener('abort', onAbort);
    if (end.end !== 'killed' || end.isGone) {
      groups.remove(leader);
    }
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
    resolve(end);
  };
  const kill = (by: KilledBy) => {
    if (killedBy !== null || ended !== null) {
      return;
    }
    killedBy = by;
    signalGroup(leader, 'SIGTERM');
    later(killGraceMs, () => {
      signalGroup(leader, 'SIGKILL');
      // Not even SIGKILL ends a process that hangs in the kernel: it is left to the system.
      later(killGraceMs, () => {
        groups.leave(leader);
        finish({ end: 'killed', by, isGone: false });
      });
    });
  };
  const onAbort = () => kill('abort');
  const settle = () => {
    if (ended?.end === 'exited') {
      const truncated = stdout.truncated || stderr.truncated;
      finish({ ...ended, stdout: stdout.text(), stderr: stderr.text(), truncated });
    } else if (ended !== null) {
      finish(ended);
    }
  };

  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  // EPIPE where the child ends without having read its script: how it ended says the rest.
  child.stdin.on('error', () => undefined);
  child.on('error', () => undefined);
  child.on('exit', (code, exitSignal) => {
    if (killedBy !== null) {
      // The leader took the hint; whoever of its group did not has no claim to a grace.
      signalGroup(leader, 'SIGKILL');
      ended = { end: 'killed', by: killedBy, isGone: true };
    } else if (code === null) {
      ended = { end: 'died', signal: exitSignal ?? 'unknown' };
    } else {
      ended = { end: 'exited', code, stdout: '', stderr: '', truncated: false };
    }
    if (ended.end === 'exited') {
      later(DRAIN_MS, settle);
    } else {
      settle();
    }
  });
  child.on('close', settle);

  groups.add(leader);
  later(request.timeoutMs, () => kill('deadline'));
  signal?.addEventListener('abort', onAbort, { once: true });
  child.stdin.end(request.input);
}
