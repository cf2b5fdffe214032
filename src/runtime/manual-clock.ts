import { instant, type Instant } from '../domain/index.ts';
import type { Clock, Timer } from './clock.ts';

interface Entry {
  due: number;
  readonly everyMs: number | null;
  readonly run: () => void;
}

/** A clock that stands still until it is told to move: for tests, and for plays that span weeks. */
export class ManualClock implements Clock {
  #now: number;
  #jumped = 0;
  readonly #entries = new Set<Entry>();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  now(): Instant {
    return instant(this.#now);
  }

  uptimeMs(): number {
    return this.#now - this.#jumped;
  }

  after(ms: number, run: () => void): Timer {
    return this.#add({ due: this.#now + ms, everyMs: null, run });
  }

  every(ms: number, run: () => void): Timer {
    return this.#add({ due: this.#now + ms, everyMs: ms, run });
  }

  /** Moves on by `ms`, running what falls due on the way, in order, each at its own time. */
  advance(ms: number): void {
    const end = this.#now + ms;
    for (;;) {
      const next = this.#earliest(end);
      if (next === null) {
        break;
      }
      this.#now = Math.max(this.#now, next.due);
      if (next.everyMs === null) {
        this.#entries.delete(next);
      } else {
        next.due += next.everyMs;
      }
      next.run();
    }
    this.#now = end;
  }

  /** The time of day is another one, by `ms`, and nothing falls due for it: as after a sleep, or a clock that was set. */
  jump(ms: number): void {
    this.#now += ms;
    this.#jumped += ms;
    for (const entry of this.#entries) {
      entry.due += ms;
    }
  }

  #add(entry: Entry): Timer {
    this.#entries.add(entry);
    return { cancel: () => void this.#entries.delete(entry) };
  }

  #earliest(end: number): Entry | null {
    let best: Entry | null = null;
    for (const entry of this.#entries) {
      if (entry.due <= end && (best === null || entry.due < best.due)) {
        best = entry;
      }
    }
    return best;
  }
}
