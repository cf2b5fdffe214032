import type { Instant } from '../domain/index.ts';
import { errorCode, type Clock, type Logger, type Timer } from '../runtime/index.ts';
import { looksOf, type Look, type LookDeps } from './looks.ts';
import { NOTHING_SEEN, type Sights } from './sights.ts';

/** How often is looked whether anything is due, and whether time has jumped. */
const TICK_MS = 5_000;
/** A tick that comes so much too late, or too early, comes after a sleep or by a clock that was set. */
const JUMP_MS = 20_000;

export interface Lookout {
  start(): void;
  /** Resolves when the look that is under way has ended. */
  stop(): Promise<void>;
  /** From memory: runs nothing. */
  sights(): Sights;
  /** Looks at everything that is quick, now: for a person who has just cured something. Never rejects. */
  lookNow(): Promise<void>;
}

interface Options extends LookDeps {
  readonly clock: Clock;
  readonly log: Logger;
  /** A send is under way: nothing is looked at before it has ended. */
  readonly isBusy: () => boolean;
}

/** One look at a time, none during a send, each on a rhythm of its own. */
export function createLookout(options: Options): Lookout {
  return new Watcher(options);
}

class Watcher implements Lookout {
  readonly #options: Options;
  readonly #looks: readonly Look[];
  readonly #lookedAt = new Map<Look, Instant>();
  #sights = NOTHING_SEEN;
  #timer: Timer | null = null;
  #tickedAt: Instant | null = null;
  /** What is looked at now, and what waits behind it. */
  #looking: Promise<void> = Promise.resolve();
  #isLooking = false;

  constructor(options: Options) {
    this.#options = options;
    this.#looks = looksOf(options);
  }

  start(): void {
    this.#timer ??= this.#options.clock.every(TICK_MS, () => this.#tick());
  }

  async stop(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    await this.#looking;
  }

  sights(): Sights {
    return this.#sights;
  }

  lookNow(): Promise<void> {
    return this.#queue(this.#looks.filter(({ isSlow }) => isSlow !== true));
  }

  #tick(): void {
    const { clock, isBusy } = this.#options;
    const now = clock.now();
    this.#noteJump(now);
    if (!this.#isLooking && !isBusy()) {
      const due = this.#looks.find((look) => this.#isDue(look, now));
      if (due !== undefined) {
        void this.#queue([due]);
      }
    }
  }

  /** A clock that was set back makes everything due. */
  #isDue(look: Look, now: Instant): boolean {
    const at = this.#lookedAt.get(look);
    return at === undefined || Math.abs(now - at) >= look.everyMs;
  }

  #noteJump(now: Instant): void {
    const ms = now - (this.#tickedAt ?? now - TICK_MS) - TICK_MS;
    this.#tickedAt = now;
    if (Math.abs(ms) > JUMP_MS) {
      this.#options.log.warn({ ms }, 'Time jumped: this Mac slept, or its clock was set');
      this.#sights = { ...this.#sights, jump: { at: now, ms } };
    }
  }

  #queue(looks: readonly Look[]): Promise<void> {
    this.#isLooking = true;
    this.#looking = this.#looking
      .then(async () => {
        for (const look of looks) {
          await this.#lookAt(look);
        }
      })
      .finally(() => {
        this.#isLooking = false;
      });
    return this.#looking;
  }

  async #lookAt(look: Look): Promise<void> {
    const { clock, log } = this.#options;
    this.#lookedAt.set(look, clock.now());
    try {
      this.#sights = { ...this.#sights, ...(await look.look()) };
    } catch (error) {
      this.#sights = { ...this.#sights, [look.what]: null };
      log.warn({ code: errorCode(error), what: look.what }, 'Something of this Mac could not be looked at');
    }
  }
}
