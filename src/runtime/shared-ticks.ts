import type { Timer } from './clock.ts';

/** The grids on which what comes again and again rings, the coarsest that fits first, ms. */
const GRIDS_MS = [1_000, 500, 250] as const;
/** Node's timers are exact to a millisecond. */
const EARLY_MS = 1;

interface Tick {
  readonly everyMs: number;
  readonly gridMs: number;
  /** By the process's own clock; it rings at the next point of its grid. */
  dueMs: number;
  readonly run: () => void;
}

/**
 * Lets what is done again and again ring together: to wake up costs an idle process more than what it then does. A tick
 * comes up to one grid point late, and no less often for it. The grids are those of the machine, so that of two processes
 * that talk to each other one finds the other awake. Keeps no process alive.
 */
export class SharedTicks {
  readonly #ticks = new Set<Tick>();
  /** From the process's own clock to the one that all processes of the machine share, ms. */
  readonly #toMachineMs = Number(process.hrtime.bigint()) / 1e6 - performance.now();
  #timer: NodeJS.Timeout | null = null;

  /** @returns `null` where it comes so often that it must keep time for itself */
  add(everyMs: number, run: () => void): Timer | null {
    const gridMs = GRIDS_MS.find((one) => everyMs >= one);
    if (gridMs === undefined) {
      return null;
    }
    const tick = { everyMs, gridMs, dueMs: performance.now() + everyMs, run };
    this.#ticks.add(tick);
    this.#wait();
    return {
      cancel: () => {
        this.#ticks.delete(tick);
      },
    };
  }

  #wait(): void {
    clearTimeout(this.#timer ?? undefined);
    this.#timer = null;
    const next = Math.min(...[...this.#ticks].map((tick) => this.#ringsAt(tick)));
    if (Number.isFinite(next)) {
      this.#timer = setTimeout(() => this.#ring(), Math.ceil(Math.max(0, next - performance.now()))).unref();
    }
  }

  #ring(): void {
    const now = performance.now() + EARLY_MS;
    for (const tick of this.#ticks) {
      if (this.#ringsAt(tick) <= now) {
        // Those that a sleep has swallowed do not come all at once.
        tick.dueMs = Math.max(tick.dueMs + tick.everyMs, now);
        call(tick.run);
      }
    }
    this.#wait();
  }

  #ringsAt({ dueMs, gridMs }: Tick): number {
    return Math.ceil((dueMs + this.#toMachineMs) / gridMs) * gridMs - this.#toMachineMs;
  }
}

/** One that throws takes nothing of the others; it is uncaught all the same. */
function call(run: () => void): void {
  try {
    run();
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
  }
}
