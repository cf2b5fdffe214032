import type { Clock, Timer } from './clock.ts';

/** How soon it is tried again. */
const AGAIN_MS = 1_000;

/**
 * Work that nobody waits for and that must be done all the same, such as a write to a store whose disk may be full. Each
 * `run` tries it at once; while it throws, it is tried again by itself. It should do what is wanted at that moment.
 */
export class Retried {
  readonly #clock: Clock;
  readonly #work: () => void;
  #timer: Timer | null = null;

  constructor(clock: Clock, work: () => void) {
    this.#clock = clock;
    this.#work = work;
  }

  /** Never throws. */
  run(): void {
    this.#timer?.cancel();
    this.#timer = null;
    try {
      this.#work();
    } catch {
      this.#timer = this.#clock.after(AGAIN_MS, () => this.run());
    }
  }
}
