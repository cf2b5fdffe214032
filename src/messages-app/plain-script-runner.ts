import { runAppleScript } from 'run-applescript';
import { errorCode, type Clock } from '../runtime/index.ts';
import type { ChildEnd, KilledBy } from './run-child.ts';
import type { ScriptRequest } from './script-runner.ts';

/**
 * Runs a script without arguments through run-applescript, which works on macOS only. That library has no deadline and
 * passes a stray empty argument (measured with 7.1.0): the deadline comes from here, and the scripts take no arguments.
 * Never rejects.
 */
export async function runPlainScript(request: ScriptRequest, clock: Clock): Promise<ChildEnd> {
  if (request.signal?.aborted === true) {
    return { end: 'not_started', code: 'ABORT_ERR' };
  }
  const stopper = new AbortController();
  let killedBy: KilledBy | null = null;
  const kill = (by: KilledBy) => {
    killedBy ??= by;
    stopper.abort();
  };
  const onAbort = () => kill('abort');
  const timer = clock.after(request.timeoutMs, () => kill('deadline'));
  request.signal?.addEventListener('abort', onAbort, { once: true });
  try {
    const stdout = await runAppleScript(request.script, { signal: stopper.signal });
    return { end: 'exited', code: 0, stdout, stderr: '', truncated: false };
  } catch (error) {
    return killedBy === null ? endOf(error) : { end: 'killed', by: killedBy, isGone: true };
  } finally {
    timer.cancel();
    request.signal?.removeEventListener('abort', onAbort);
  }
}

/** The error of `execFile`: `code` is the exit status, or a word where there was none. */
function endOf(error: unknown): ChildEnd {
  if (!(error instanceof Error)) {
    return { end: 'not_started', code: errorCode(error) };
  }
  if ('code' in error && typeof error.code === 'number') {
    const stderr = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr : '';
    const stdout = 'stdout' in error && typeof error.stdout === 'string' ? error.stdout : '';
    return { end: 'exited', code: error.code, stdout, stderr, truncated: false };
  }
  if ('signal' in error && typeof error.signal === 'string') {
    return { end: 'died', signal: error.signal };
  }
  return { end: 'not_started', code: errorCode(error) };
}
