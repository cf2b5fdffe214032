import type { Command, CommandId, Instant } from '../domain/index.ts';
import type { Clock, Timer } from '../runtime/index.ts';

/**
 * Paces that the whole lane keeps, or all that starts something. What they hold stays queued: who is next stays next,
 * and a thousand waiting commands are not told each time that it is another's turn.
 */
const BINDS: Readonly<Record<string, 'everything' | 'outreach'>> = {
  line_paused: 'everything',
  throughput: 'everything',
  burst_limit: 'outreach',
  history_unread: 'outreach',
  ratio_limit: 'outreach',
  response_rate: 'outreach',
};

/** Longer waits than this are seen by the lane's own looking around. */
const TIMED_MS = 60_000;

/** From the moment of asking to that of asking again; a clock that is set back ends it, too. */
interface Span {
  readonly from: number;
  readonly until: number;
}

const NONE: Span = { from: 0, until: 0 };

/** What the guard has put off and the lane keeps in mind. Nothing of it is stored: after a restart it is asked again. */
export class LaneHolds {
  readonly #clock: Clock;
  readonly #onDue: () => void;
  #everything = NONE;
  #outreach = NONE;
  readonly #commands = new Map<CommandId, Span>();
  readonly #timers = new Set<Timer>();

  constructor(clock: Clock, onDue: () => void) {
    this.#clock = clock;
    this.#onDue = onDue;
  }

  /** Keeps it in mind if the pace is one that the lane keeps; `false` leaves it to the command. */
  keep(command: Command, rule: string, until: Instant): boolean {
    const binds = BINDS[rule];
    if (binds === undefined || (binds === 'outreach' && command.isReply && rule !== 'history_unread')) {
      return false;
    }
    const span = this.#spanTo(until);
    if (binds === 'everything' || command.isReply) {
      this.#everything = span;
    } else {
      this.#outreach = span;
    }
    return true;
  }

  /** For one that has begun, and so cannot be put off as a whole. */
  keepOne(id: CommandId, until: Instant): void {
    this.#commands.set(id, this.#spanTo(until));
  }

  /** Nothing may go now. */
  isClosed(): boolean {
    return this.#isAhead(this.#everything);
  }

  /** Nothing that starts something may go now. */
  holdsOutreach(): boolean {
    return this.#isAhead(this.#outreach);
  }

  holds({ id, isReply }: Command): boolean {
    const own = this.#commands.get(id);
    if (own !== undefined && !this.#isAhead(own)) {
      this.#commands.delete(id);
    }
    return (!isReply && this.holdsOutreach()) || this.#commands.has(id);
  }

  /** What held may hold no longer: the next look asks anew. */
  forget(): void {
    this.#everything = NONE;
    this.#outreach = NONE;
    this.#commands.clear();
  }

  stop(): void {
    this.#timers.forEach((timer) => timer.cancel());
  }

  #isAhead({ from, until }: Span): boolean {
    const now = this.#clock.now();
    return now >= from && now < until;
  }

  #spanTo(until: Instant): Span {
    const from = this.#clock.now();
    if (until - from <= TIMED_MS) {
      const timer = this.#clock.after(Math.max(1, until - from), () => {
        this.#timers.delete(timer);
        this.#onDue();
      });
      this.#timers.add(timer);
    }
    return { from, until };
  }
}
