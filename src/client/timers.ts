/** All time in the client; tests step it. */
export interface Timers {
  /** Unix time in milliseconds. */
  now(): number;
  after(ms: number, run: () => void): { cancel(): void };
  every(ms: number, run: () => void): { cancel(): void };
}

export const systemTimers: Timers = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return { cancel: () => clearTimeout(timer) };
  },
  every: (ms, run) => {
    const timer = setInterval(run, ms);
    return { cancel: () => clearInterval(timer) };
  },
};

/** Resolves after `ms`, or at once when the signal aborts. Never rejects. */
export function pause(timers: Timers, ms: number, signal?: AbortSignal): Promise<void> {
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
    const timer = timers.after(ms, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

/** The pause before try number `attempt` (1 is the first retry): doubling, between half of it and one and a half. */
export function backoff(attempt: number, firstMs: number, limitMs: number): number {
  const base = Math.min(limitMs, firstMs * 2 ** Math.min(20, Math.max(0, attempt - 1)));
  return Math.round(base * (0.5 + Math.random()));
}
