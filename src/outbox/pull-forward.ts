import type { Command, Instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { AskGuard } from './ask-guard.ts';
import type { CommandStore, Place } from './command-store.ts';
import type { Moves } from './moves.ts';

const LOOK_EVERY_MS = 10_000;
/** Asked about in one look; the next goes on where this one ended. */
const MOST = 12;

interface Deps {
  readonly commands: Pick<CommandStore, 'deferred' | 'queued'>;
  readonly asking: Pick<AskGuard, 'mayGoNow'>;
  readonly moves: Moves;
  readonly clock: Clock;
}

/**
 * Lets what waits for a limit go as soon as there is room. The moment that it was put off to was foretold from all that
 * waited with it: some of that expires, is canceled, is answered or sleeps at its own, and its place would stay empty.
 */
export class PullForward {
  readonly #deps: Deps;
  #after: Place | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: Deps) {
    this.#deps = deps;
  }

  /** Lets one go: whether there is room for another is seen when it has gone. */
  look(): void {
    const { asking, clock, commands, moves } = this.#deps;
    const now = clock.now();
    const isSoon = Math.abs(now - this.#lookedAt) < LOOK_EVERY_MS;
    // What is queued goes first, and takes the room.
    if (isSoon || commands.queued({ offset: 0, limit: 1 }).length > 0) {
      return;
    }
    this.#lookedAt = now;
    const page = commands.deferred({ after: this.#after, limit: MOST });
    this.#after = page.length < MOST ? null : (page.at(-1)?.place ?? null);
    const first = page.find(({ command }) => waitsForLimit(command, now) && asking.mayGoNow(command));
    if (first !== undefined) {
      this.#after = null;
      this.#lookedAt = Number.NEGATIVE_INFINITY;
      moves.apply(first.command.id, { type: 'due' });
    }
  }
}

function waitsForLimit({ hold, notBefore }: Command, now: Instant): boolean {
  return hold.name === 'deferred' && hold.reason === 'limit' && (notBefore ?? 0) <= now;
}
