import {
  instant,
  type Attempt,
  type AttemptPlace,
  type Command,
  type CommandInput,
  type CommandPart,
  type Instant,
  type Message,
  type MessageGuid,
  type Service,
} from '../domain/index.ts';
import { BluelineError, type Clock } from '../runtime/index.ts';
import type { CommandStore } from './command-store.ts';
import type { AskGuard } from './ask-guard.ts';
import { proofRow } from './match.ts';
import type { Moves } from './moves.ts';
import { PullForward } from './pull-forward.ts';
import { createWakeAt, givesUpAt, LOOK_AGAIN_MS, waitsForFate, type OutboxTiming } from './timing.ts';

interface TimekeeperDeps {
  readonly commands: CommandStore;
  readonly moves: Moves;
  readonly asking: Pick<AskGuard, 'mayGoNow'>;
  readonly clock: Clock;
  readonly timing: OutboxTiming;
  readonly hasService: (service: Service) => boolean | null;
  readonly readRow: (guid: MessageGuid) => Message | null;
  readonly canProve: () => boolean;
}

/** Carries out what time alone brings: what falls due, expires, is given up, or is to be looked at again. */
export class Timekeeper {
  readonly #deps: TimekeeperDeps;
  readonly #wakeAt: (command: Command) => Instant | null;
  readonly #forward: PullForward;

  constructor(deps: TimekeeperDeps) {
    this.#deps = deps;
    this.#wakeAt = createWakeAt(deps.timing);
    this.#forward = new PullForward(deps);
  }

  tick(): void {
    const { clock, commands } = this.#deps;
    for (const command of commands.due(clock.now())) {
      this.#look(command, clock.now());
    }
    this.#forward.look();
  }

  #look(command: Command, now: Instant): void {
    const { commands, moves } = this.#deps;
    let inputs: CommandInput[];
    try {
      inputs = [
        ...ofHold(command, now),
        ...places(command).flatMap(({ place, part, attempt }) => this.#ofAttempt(place, part, attempt, now)),
      ];
    } catch (error) {
      if (!(error instanceof BluelineError)) {
        throw error;
      }
      // Its row could not be read: nothing is done about it before it has been.
      commands.postpone(command.id, instant(now + LOOK_AGAIN_MS));
      return;
    }
    const moved = inputs.length === 0 ? null : moves.apply(command.id, ...inputs);
    const isForLane = (moved ?? command).parts.some(
      ({ fallbackAt }) => fallbackAt !== null && fallbackAt <= now,
    );
    if (moved === null && !isForLane) {
      // A row that still waits for its fate, or a follow-up that cannot end now.
      const wakeAt = this.#wakeAt(command);
      commands.postpone(command.id, wakeAt === null ? null : instant(Math.max(wakeAt, now + LOOK_AGAIN_MS)));
    }
  }

  #ofAttempt(place: AttemptPlace, part: CommandPart, attempt: Attempt, now: Instant): CommandInput[] {
    const { canProve, timing } = this.#deps;
    // While rows cannot be read, none can prove it: its follow-up goes on.
    if (!canProve()) {
      return [];
    }
    const endsAt = givesUpAt(part, attempt, timing);
    if (endsAt !== null) {
      return now >= endsAt ? [{ type: 'give_up', place }] : [];
    }
    const isFallbackDue = part.fallbackAt !== null && now >= part.fallbackAt;
    const row = waitsForFate(attempt) || isFallbackDue ? this.#reread(place, part, attempt) : [];
    const isSmsMissing = isFallbackDue && this.#deps.hasService('SMS') === false;
    return isSmsMissing ? [...row, { type: 'no_fallback', part: place.part }] : row;
  }

  #reread(place: AttemptPlace, part: CommandPart, { proof }: Attempt): CommandInput[] {
    if (proof === null) {
      return [];
    }
    const message = this.#deps.readRow(proof.guid);
    if (message !== null) {
      return [{ type: 'row', place, row: proofRow(message, part) }];
    }
    // Nothing tells any more whether the first one may still go: no second follows it.
    return [
      { type: 'row_gone', place },
      { type: 'no_fallback', part: place.part },
    ];
  }
}

function ofHold({ hold, expiresAt }: Command, now: Instant): CommandInput[] {
  if (now >= expiresAt) {
    return [{ type: 'expire' }];
  }
  const isDue = hold.name === 'deferred' && hold.until !== null && now >= hold.until;
  return isDue ? [{ type: 'due' }] : [];
}

function places(command: Command) {
  return command.parts.flatMap((part, index) =>
    part.attempts.map((attempt, number) => ({ part, attempt, place: { part: index, attempt: number } })),
  );
}
