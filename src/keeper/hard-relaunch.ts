import type { Host } from '../host/index.ts';
import { sleep, type Clock } from '../runtime/index.ts';

/** How long Messages may take to end when it is asked by a signal, before it is ended by force. */
const GRACE_MS = 2_000;

/** Opens Messages without bringing it to the front (open(1): `-g` in the background, `-j` hidden). */
export async function openMessages(host: Host): Promise<boolean> {
  const end = await host.run('open', ['-gj', '-b', 'com.apple.MobileSMS']);
  return end.end === 'exited' && end.code === 0;
}

/**
 * A relaunch that also works where Messages does not answer the request to quit: it is then ended by signals (this
 * user's alone), and opened. Where there is no Mac, the request is all there is.
 */
export function createHardRelaunch(deps: {
  readonly relaunch: (signal?: AbortSignal) => Promise<boolean>;
  readonly host: Host;
  readonly uid: number;
  readonly clock: Clock;
}): (signal?: AbortSignal) => Promise<boolean> {
  const { relaunch, host, uid, clock } = deps;
  const kill = (...how: string[]) => host.run('pkill', [...how, '-u', String(uid), '-x', 'Messages']);
  return async (signal) => {
    const isEnding = () => signal?.aborted === true;
    const isDone = await relaunch(signal);
    if (isDone || !host.isMac || isEnding()) {
      return isDone;
    }
    await kill();
    await sleep(clock, GRACE_MS, signal);
    // Who ends meanwhile has not waited long enough for force; what was asked to end is opened all the same.
    if (isEnding()) {
      await openMessages(host);
      return false;
    }
    await kill('-KILL');
    return openMessages(host);
  };
}
