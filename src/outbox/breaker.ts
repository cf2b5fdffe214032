import { instant, NOT_REACHABLE, type Attempt, type Command, type Instant } from '../domain/index.ts';
import { momentOf, msSince, Retried, type Clock, type Moment } from '../runtime/index.ts';

/** When the breaker opens, and for how long. */
export interface BreakerLimits {
  /** Unknown outcomes in a row that pause the line; 0 switches it off. */
  readonly unknowns: number;
  /** Failures by Messages in a row that do; 0 switches it off. */
  readonly failures: number;
  /** Between two relaunches, and so between two trials. */
  readonly pauseMs: number;
}

export interface Pause {
  readonly by: 'operator' | 'unknown_outcomes' | 'failures';
  readonly since: Instant;
}

interface Memory {
  readonly pause: Pause | null;
  readonly relaunchedAt: Instant | null;
}

/** What the lane may do now. */
export type Permission = 'send' | 'wait' | 'relaunch';

/**
 * Stops a line that does not work before it makes more of the same: three outcomes in a row without proof, or a burst
 * of failures. Messages is then relaunched once, and one command goes out as a trial: its row closes the breaker, its
 * failing keeps the line paused until the next relaunch is allowed. A person's pause lasts until a person resumes.
 */
export class Breaker {
  readonly #limits: BreakerLimits;
  readonly #clock: Clock;
  readonly #keep: (memory: Memory) => void;
  /** What it finds out by itself holds even where it cannot be kept now. */
  readonly #keeping: Retried;
  #memory: Memory;
  #relaunched: Moment | null;
  #unknowns = 0;
  #failures = 0;
  #trial: 'none' | 'ready' | 'running' = 'none';

  /**
   * @param stored what `keep` was last given
   * @param keep may throw: a person's order is then not taken, and anything else is kept as soon as it can be
   */
  constructor(limits: BreakerLimits, clock: Clock, stored: string | null, keep: (memory: string) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#keep = (memory) => keep(JSON.stringify(memory));
    this.#keeping = new Retried(clock, () => this.#keep(this.#memory));
    this.#memory = stored === null ? { pause: null, relaunchedAt: null } : parse(stored);
    const { relaunchedAt } = this.#memory;
    this.#relaunched = relaunchedAt === null ? null : before(relaunchedAt, clock);
  }

  pause(): Pause | null {
    return this.#memory.pause;
  }

  permission(): Permission {
    const { pause } = this.#memory;
    if (pause === null || (pause.by !== 'operator' && this.#trial === 'ready')) {
      return 'send';
    }
    if (pause.by === 'operator' || this.#trial === 'running') {
      return 'wait';
    }
    return this.mayRelaunch() ? 'relaunch' : 'wait';
  }

  /** One relaunch in so long, whoever asks for it; none that a person's pause forbids. */
  mayRelaunch(): boolean {
    const last = this.#relaunched;
    const isRecent = last !== null && msSince(last, this.#clock) < this.#limits.pauseMs;
    return !isRecent && this.#memory.pause?.by !== 'operator';
  }

  relaunched(): void {
    this.#relaunched = momentOf(this.#clock);
    this.#set({ ...this.#memory, relaunchedAt: this.#relaunched.at });
    this.#trial = this.#memory.pause === null ? 'none' : 'ready';
  }

  begin(): void {
    this.#trial = this.#trial === 'ready' ? 'running' : this.#trial;
  }

  /** A trial that ended without evidence either way is made again. */
  end(): void {
    this.#trial = this.#trial === 'running' ? 'ready' : this.#trial;
  }

  /** Throws where it cannot be kept, and changes nothing then. */
  pauseByHand(): void {
    this.#order({ ...this.#memory, pause: { by: 'operator', since: this.#clock.now() } });
  }

  /** As `pauseByHand`. */
  resume(): void {
    this.#order({ ...this.#memory, pause: null });
    this.#forget();
  }

  /** Counts what a change of a command tells of the line. */
  observe(before: Command, after: Command): void {
    for (const [index, part] of after.parts.entries()) {
      for (const [number, attempt] of part.attempts.entries()) {
        this.#count(before.parts[index]?.attempts[number] ?? null, attempt);
      }
    }
    const { unknowns, failures } = this.#limits;
    const isOnTrial = this.#trial !== 'none';
    if (unknowns > 0 && this.#unknowns >= (isOnTrial ? 1 : unknowns)) {
      this.#open('unknown_outcomes');
    } else if (failures > 0 && this.#failures >= failures) {
      this.#open('failures');
    }
  }

  #count(before: Attempt | null, after: Attempt): void {
    const { state, proof } = after;
    if (before?.state === state && before.proof === proof) {
      return;
    }
    const isNew = before === null || JSON.stringify(before.state) !== JSON.stringify(state);
    if (state.name === 'unknown' && isNew && !state.final && ofMessages(state.cause)) {
      this.#unknowns += 1;
    }
    if (proof !== null && (before === null || before.proof === null)) {
      this.#unknowns = 0;
      if (this.#trial !== 'none') {
        this.#close();
      }
    }
    if (state.name === 'failed' && isNew && countsAsFailure(after, state.failure.apple)) {
      this.#failures += 1;
    } else if ((state.name === 'sent' || state.name === 'delivered') && isNew) {
      this.#failures = 0;
    }
  }

  #open(by: 'unknown_outcomes' | 'failures'): void {
    this.#forget();
    const { pause } = this.#memory;
    this.#set({ ...this.#memory, pause: pause ?? { by, since: this.#clock.now() } });
  }

  #close(): void {
    this.#forget();
    this.#set({ ...this.#memory, pause: null });
  }

  #forget(): void {
    this.#unknowns = 0;
    this.#failures = 0;
    this.#trial = 'none';
  }

  #order(memory: Memory): void {
    this.#keep(memory);
    this.#memory = memory;
  }

  #set(memory: Memory): void {
    this.#memory = memory;
    this.#keeping.run();
  }
}

/**
 * A moment that an earlier run noted. One in the future was noted before the clock was set back, and is taken to be as
 * far in the past: it must not hold the line for longer than the pause.
 */
function before(at: Instant, clock: Clock): Moment {
  const now = momentOf(clock);
  return at > now.at ? { ...now, uptimeMs: now.uptimeMs - (at - now.at) } : { at, uptimeMs: now.uptimeMs };
}

/** That we were stopped, or that somebody deleted the row, says nothing of Messages. */
function ofMessages(cause: string): boolean {
  return cause !== 'interrupted' && cause !== 'row_gone';
}

/** Error 22 of a stranger only says that they have no iMessage. */
function countsAsFailure({ proof, isKnown }: Attempt, apple: number | null): boolean {
  return proof !== null && (apple !== NOT_REACHABLE || isKnown);
}

function parse(stored: string): Memory {
  const value: Memory = JSON.parse(stored);
  return {
    pause: value.pause,
    relaunchedAt: value.relaunchedAt === null ? null : instant(value.relaunchedAt),
  };
}
