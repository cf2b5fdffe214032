import { instant, type Instant } from '../domain/index.ts';
import { momentOf, msSince, type Clock, type Moment } from '../runtime/index.ts';

const MINUTE_MS = 60_000;
/** A Messages that was opened and is gone again before this was quit by somebody who wants it so, or cannot run. */
const LASTED_MS = 10 * MINUTE_MS;
/** The pause before it is opened once more, after the first, second, third time that it did not last. */
const PAUSES_MS = [10, 20, 40, 60].map((minutes) => minutes * MINUTE_MS);

/**
 * When Messages is to be opened again. At once where it went for the first time; later and later where what was opened
 * does not last: a person who quits it on purpose is not fought, and one that crashes at its start is not stormed.
 */
export class Reopening {
  readonly #clock: Clock;
  #openedAt: Moment | null = null;
  /** How often in a row it was opened and did not last. */
  #opened = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** It runs. */
  lasts(): void {
    if (this.#openedAt !== null && msSince(this.#openedAt, this.#clock) >= LASTED_MS) {
      this.forget();
    }
  }

  isDue(): boolean {
    return this.#leftMs() <= 0;
  }

  /** When that will be; `null` where it is due at once. */
  dueAt(): Instant | null {
    const left = this.#leftMs();
    return left <= 0 ? null : instant(this.#clock.now() + left);
  }

  opened(): void {
    this.#openedAt = momentOf(this.#clock);
    this.#opened += 1;
  }

  /** A person has said that the line is to work. */
  forget(): void {
    this.#openedAt = null;
    this.#opened = 0;
  }

  #leftMs(): number {
    return this.#openedAt === null ? 0 : this.#pauseMs() - msSince(this.#openedAt, this.#clock);
  }

  #pauseMs(): number {
    return PAUSES_MS[Math.min(this.#opened, PAUSES_MS.length) - 1] ?? 0;
  }
}
