import type { HeldTool, Host } from '../host/index.ts';
import { backoffMs, type Clock, type Logger, type Timer } from '../runtime/index.ts';

/** A `caffeinate` that ends is started again after so long, and later if that ends, too. */
const RESTART = { firstMs: 1_000, limitMs: 300_000 } as const;
/** One that has run for so long has worked. */
const WORKED_MS = 60_000;
/** After one that has failed, the next has to run for so long before it is believed. */
const BELIEVED_MS = 5_000;

export interface Awake {
  start(): void;
  stop(): Promise<void>;
  /** It is held awake now; `null` where nobody has begun to. */
  isHeld(): boolean | null;
}

/**
 * Holds this Mac awake for as long as this process lives: neither idle (`-i`), nor its disks (`-m`), nor on mains power
 * at all (`-s`); `-w` lets go when the process is gone, however it went (caffeinate(8)).
 */
export function createAwake(deps: {
  readonly host: Host;
  readonly clock: Clock;
  readonly log: Logger;
  readonly pid: number;
}): Awake {
  const { host, clock, log, pid } = deps;
  let held: HeldTool | null = null;
  let timer: Timer | null = null;
  let isOn = false;
  let failures = 0;
  let since = clock.now();

  const hold = () => {
    since = clock.now();
    const tool = host.hold('caffeinate', ['-i', '-m', '-s', '-w', String(pid)]);
    held = tool;
    void tool.ended.then(() => {
      held = null;
      if (isOn) {
        failures = clock.now() - since >= WORKED_MS ? 1 : failures + 1;
        log.warn({ failures }, 'What holds this Mac awake has ended; it is started again');
        timer = clock.after(backoffMs(failures, RESTART), hold);
      }
    });
  };

  return {
    start: () => {
      isOn = true;
      hold();
    },
    stop: async () => {
      isOn = false;
      timer?.cancel();
      const last = held;
      last?.end();
      await last?.ended;
    },
    isHeld: () => {
      const isBelieved = failures === 0 || clock.now() - since >= BELIEVED_MS;
      return isOn ? held !== null && isBelieved : null;
    },
  };
}
