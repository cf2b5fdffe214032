import { instant, type Instant } from '../domain/index.ts';
import { SharedTicks } from './shared-ticks.ts';

/** A pending call; `cancel` after it ran does nothing. */
export interface Timer {
  cancel(): void;
}

/** All time in the bridge: what o'clock it is, and calls that come later. Tests step it. */
export interface Clock {
  now(): Instant;
  /** Milliseconds since some moment before; nobody can set it. It may stand still while the machine sleeps. */
  uptimeMs(): number;
  after(ms: number, run: () => void): Timer;
  every(ms: number, run: () => void): Timer;
}

const ticks = new SharedTicks();

/** The machine's clock, shifted by `offsetMs` (the demo lives at an hour of its own). Its timers keep no process alive. */
export function systemClock(offsetMs = 0): Clock {
  return {
    now: () => instant(Date.now() + offsetMs),
    uptimeMs: () => performance.now(),
    after: (ms, run) => {
      const timer = setTimeout(run, ms).unref();
      return { cancel: () => clearTimeout(timer) };
    },
    every: (ms, run) => ticks.add(ms, run) ?? ownTicks(ms, run),
  };
}

function ownTicks(ms: number, run: () => void): Timer {
  const timer = setInterval(run, ms).unref();
  return { cancel: () => clearInterval(timer) };
}

/** A moment to count from. */
export interface Moment {
  readonly at: Instant;
  readonly uptimeMs: number;
}

export function momentOf(clock: Clock): Moment {
  return { at: clock.now(), uptimeMs: clock.uptimeMs() };
}

/**
 * How long ago that was, in ms. A clock that is set back takes nothing of it, and what was slept counts; one that is set
 * ahead cannot be told from a sleep.
 */
export function msSince(moment: Moment, clock: Clock): number {
  return Math.max(clock.now() - moment.at, clock.uptimeMs() - moment.uptimeMs);
}

/** Resolves after `ms` on this clock, or at once when the signal aborts. Never rejects. */
export function sleep(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const finish = () => {
      timer.cancel();
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = clock.after(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}
