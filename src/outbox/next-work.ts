import {
  type Command,
  type CommandId,
  type CommandPart,
  type PartContent,
  type Service,
  type ServiceChoice,
} from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { CommandStore } from './command-store.ts';
import { chatOf, likeness } from './match.ts';

/** One part that may go out now. */
export interface Work {
  readonly id: CommandId;
  readonly part: number;
  readonly content: PartContent;
  readonly service: ServiceChoice;
}

interface NextDeps {
  readonly commands: CommandStore;
  readonly clock: Clock;
  readonly hasService: (service: Service) => boolean | null;
  /** The guard has put it off for a while. */
  readonly isPutOff: (command: Command) => boolean;
  /** The same of all that starts something. */
  readonly isOutreachPutOff: () => boolean;
}

/** Looked at in one go; the first is nearly always the one. */
const PAGE = 20;

/**
 * What the lane sends next. First the text messages that follow a failed iMessage, then replies, then the rest; of two
 * to the same chat the one that was accepted first. What equals a text in the same chat whose outcome is unknown waits:
 * the two could not be told apart.
 */
export function nextWork(deps: NextDeps): Work | null {
  const { commands } = deps;
  const uncertain = new Set(commands.inFlight().flatMap(unknownLikenesses));
  const isHeld = (command: Command, part: CommandPart) =>
    deps.isPutOff(command) || uncertain.has(likenessIn(command, part));
  const fallback = dueFallback(deps, isHeld);
  if (fallback !== null) {
    return fallback;
  }
  for (let offset = 0; ; offset += PAGE) {
    const page = commands.queued({ offset, limit: PAGE });
    for (const command of page) {
      // Replies come first: what follows are no replies either, and may be thousands.
      if (!command.isReply && deps.isOutreachPutOff()) {
        return null;
      }
      const work = nextPart(command, isHeld);
      if (work !== null) {
        return work;
      }
    }
    if (page.length < PAGE) {
      return null;
    }
  }
}

type IsHeld = (command: Command, part: CommandPart) => boolean;

function nextPart(command: Command, isHeld: IsHeld): Work | null {
  // The parts go in order, and none before what becomes of an earlier one is known.
  if (command.parts.some(({ fallbackAt }) => fallbackAt !== null)) {
    return null;
  }
  const index = command.parts.findIndex(({ attempts }) => attempts.length === 0);
  const part = command.parts[index];
  return part === undefined || isHeld(command, part)
    ? null
    : { id: command.id, part: index, content: part.content, service: command.service };
}

function dueFallback({ commands, clock, hasService }: NextDeps, isHeld: IsHeld): Work | null {
  const now = clock.now();
  for (const command of commands.due(now)) {
    const index = command.parts.findIndex(({ fallbackAt }) => fallbackAt !== null && fallbackAt <= now);
    const part = command.parts[index];
    if (part !== undefined && hasService('SMS') === true && !isHeld(command, part)) {
      return { id: command.id, part: index, content: part.content, service: 'sms' };
    }
  }
  return null;
}

function unknownLikenesses(command: Command): string[] {
  return command.parts
    .filter(({ attempts }) => attempts.some(({ state }) => state.name === 'unknown' && !state.final))
    .map((part) => likenessIn(command, part));
}

function likenessIn(command: Command, part: CommandPart): string {
  return `${chatOf(command.target)}\0${likeness(part)}`;
}
