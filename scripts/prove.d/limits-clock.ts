import { instant, type Instant } from '../../src/domain/index.ts';
import type { Clock, Timer } from '../../src/runtime/index.ts';

interface Once {
  readonly due: number;
  readonly run: () => void;
}

interface Periodic {
  readonly everyMs: number;
  due: number;
  readonly run: () => void;
}

/**
 * A clock for plays of weeks: it moves by leaps from one thing that happens to the next. What is to run again and again
 * runs once after a leap, however long that was, as timers do on a Mac that slept.
 */
export class PlayClock implements Clock {
  #now: number;
  readonly #once = new Set<Once>();
  readonly #periodic = new Set<Periodic>();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): Instant {
    return instant(this.#now);
  }

  uptimeMs(): number {
    return this.#now;
  }

  after(ms: number, run: () => void): Timer {
    const entry = { due: this.#now + ms, run };
    this.#once.add(entry);
    return { cancel: () => void this.#once.delete(entry) };
  }

  every(ms: number, run: () => void): Timer {
    const entry = { everyMs: ms, due: this.#now + ms, run };
    this.#periodic.add(entry);
    return { cancel: () => void this.#periodic.delete(entry) };
  }

  /** When the next single call is due; `Infinity` where none is. */
  nextDue(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { due } of this.#once) {
      next = Math.min(next, due);
    }
    return next;
  }

  /** Moves on to a moment, and runs what is due by then. */
  moveTo(moment: number): void {
    this.#now = Math.max(this.#now, moment);
    const due = [...this.#once].filter((entry) => entry.due <= this.#now);
    for (const entry of due.toSorted((a, b) => a.due - b.due)) {
      if (this.#once.delete(entry)) {
        entry.run();
      }
    }
    for (const entry of this.#periodic) {
      if (entry.due <= this.#now) {
        entry.due = this.#now + entry.everyMs;
        entry.run();
      }
    }
  }
}
