import type { Verdict } from '../deliverability/index.ts';
import { instant, type Command, type Instant, type Service } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { AskGuard } from './ask-guard.ts';
import { limitHit, refusalOf } from './guard-words.ts';
import { LaneHolds } from './lane-holds.ts';
import type { Moves } from './moves.ts';

/** How often is looked whether the line is paused no longer. */
const PAUSED_MS = 1_000;

interface GateDeps {
  readonly asking: Pick<AskGuard, 'onStart'>;
  readonly moves: Moves;
  readonly clock: Clock;
}

/** Where the lane passes the guard: asks, and does what follows where it says no. */
export class Gate {
  readonly #deps: GateDeps;
  readonly #holds: LaneHolds;

  constructor(deps: GateDeps, onDue: () => void) {
    this.#deps = deps;
    this.#holds = new LaneHolds(deps.clock, onDue);
  }

  /** Nothing may go now. */
  isClosed(): boolean {
    return this.#holds.isClosed();
  }

  /** It was asked about lately, and waits. */
  holds(command: Command): boolean {
    return this.#holds.holds(command);
  }

  holdsOutreach(): boolean {
    return this.#holds.holdsOutreach();
  }

  mayGo(command: Command, part: number, service: Service | null): boolean {
    const { asking, clock, moves } = this.#deps;
    const verdict = asking.onStart(command, part, service);
    if (verdict.kind === 'allow') {
      return true;
    }
    const until = putOffTo(verdict, command, clock.now());
    if (until === null && verdict.kind === 'refuse') {
      moves.apply(command.id, { type: 'refuse', refusal: refusalOf(verdict) });
    } else if (until !== null && !this.#holds.keep(command, verdict.rule, until)) {
      moves.apply(command.id, { type: 'defer', until, limit: limitHit(verdict) });
      if (hasBegun(command)) {
        // A text message that is to follow a failed iMessage goes by its own time.
        this.#holds.keepOne(command.id, until);
      }
    }
    return false;
  }

  /** What was put off may go by now. */
  askAnew(): void {
    this.#holds.forget();
  }

  stop(): void {
    this.#holds.stop();
  }
}

/**
 * When a command that may not go now is asked about again; `null` where it is refused. What a pause of the line meets on
 * its way waits, and what has begun is not broken off by a limit that passes.
 */
function putOffTo(
  verdict: Exclude<Verdict, { readonly kind: 'allow' }>,
  command: Command,
  now: Instant,
): Instant | null {
  if (verdict.kind === 'defer') {
    return verdict.until;
  }
  if (verdict.rule === 'line_paused') {
    return instant(now + PAUSED_MS);
  }
  return hasBegun(command) ? verdict.retryAt : null;
}

function hasBegun({ parts }: Command): boolean {
  return parts.some(({ attempts }) => attempts.length > 0);
}
