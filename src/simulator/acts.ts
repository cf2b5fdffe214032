import { sleep, type Clock, type Timer } from '../runtime/index.ts';

/** What is still to happen on the simulated Mac: calls that come later, counted, so that one can wait for calm. */
export class Acts {
  readonly #clock: Clock;
  readonly #timers = new Set<Timer>();
  readonly #waiters = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get pending(): number {
    return this.#timers.size;
  }

  later(ms: number, run: () => void): void {
    const timer = this.#clock.after(ms, () => {
      this.#timers.delete(timer);
      run();
      if (this.#timers.size === 0) {
        this.#wake();
      }
    });
    this.#timers.add(timer);
  }

  /** Whether nothing was left to come within `timeoutMs`; resolves as soon as that is so. */
  async idle(timeoutMs: number): Promise<boolean> {
    if (this.pending > 0) {
      const timeout = new AbortController();
      await Promise.race([
        new Promise<void>((resolve) => {
          this.#waiters.add(resolve);
        }),
        sleep(this.#clock, timeoutMs, timeout.signal),
      ]);
      timeout.abort();
    }
    return this.pending === 0;
  }

  stop(): void {
    for (const timer of this.#timers) {
      timer.cancel();
    }
    this.#timers.clear();
    this.#wake();
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      waiter();
    }
    this.#waiters.clear();
  }
}
