import { closeSync, openSync, writeSync } from 'node:fs';
import { ManualClock } from '../../src/runtime/index.ts';

/** The clock of the storm's Mac. What runs there as a process of its own reads the time of day from a file. */
export class StormClock extends ManualClock {
  readonly #file: number;
  readonly #word = new Float64Array(1);
  #lived = 0;
  #awake = 0;

  constructor(startMs: number, path: string) {
    super(startMs);
    this.#file = openSync(path, 'w');
    this.#publish();
  }

  /** Ms since the start, awake and asleep: what a clock that is set back takes nothing of. */
  get lived(): number {
    return this.#lived;
  }

  /** The same without what was slept: what timers go by. */
  get awake(): number {
    return this.#awake;
  }

  override advance(ms: number): void {
    super.advance(ms);
    this.#lived += ms;
    this.#awake += ms;
    this.#publish();
  }

  override jump(ms: number): void {
    super.jump(ms);
    this.#lived += Math.max(0, ms);
    this.#publish();
  }

  close(): void {
    closeSync(this.#file);
  }

  #publish(): void {
    this.#word[0] = this.now();
    writeSync(this.#file, this.#word, 0, 8, 0);
  }
}
