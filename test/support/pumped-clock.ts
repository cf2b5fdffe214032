import { ManualClock } from '../../src/runtime/index.ts';

const PUMP_MS = 20;

/** A clock that goes by itself as the machine's does, until a test lets it go faster, or jump. */
export class PumpedClock extends ManualClock {
  #last = performance.now();
  readonly #pump: NodeJS.Timeout;

  constructor() {
    super(Date.now());
    this.#pump = setInterval(() => this.#catchUp(), PUMP_MS);
  }

  stop(): void {
    clearInterval(this.#pump);
  }

  #catchUp(): void {
    const elapsed = Math.floor(performance.now() - this.#last);
    this.#last += elapsed;
    this.advance(elapsed);
  }
}
