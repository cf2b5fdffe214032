import {
  step,
  type BridgeEvent,
  type Command,
  type CommandInput,
  type Instant,
  type Message,
  type Origin,
} from '../domain/index.ts';
import type { CommandStore } from './command-store.ts';
import { attemptElsewhere, attemptProvedBy, proofRow, type FoundAttempt } from './match.ts';
import type { Moves } from './moves.ts';
import type { OutboxTiming } from './timing.ts';

/** What follows for commands from the rows that capture sees. Runs inside the transaction that journals the row. */
export interface Confirm {
  /** A row of our side: whose it is, and what follows for the command that it proves. */
  observe(message: Message): { readonly origin: Origin; readonly events: readonly BridgeEvent[] };
  /** A new row of a contact: what waited for it may go. */
  received(message: Message): readonly BridgeEvent[];
}

/** What a contact writes; the rest of the rows only tells of something. */
const SAYINGS: ReadonlySet<Message['kind']['kind']> = new Set(['text', 'sticker', 'app', 'poll', 'unknown']);
/** How much older than the command a contact's text may be dated and still count as the next one. */
const DATE_SLACK_MS = 60_000;

export function createConfirm(deps: {
  readonly commands: CommandStore;
  readonly moves: Moves;
  readonly timing: OutboxTiming;
  readonly now: () => Instant;
}): Confirm {
  const { commands, moves } = deps;

  const find = (message: Message): FoundAttempt | null => {
    const command = commands.provedBy(message.guid);
    return command === null
      ? attemptProvedBy(message, commands.unproved(), deps.timing)
      : attemptOf(command, message);
  };

  return {
    observe: (message) => {
      const events: BridgeEvent[] = [];
      const move = (command: Command, input: CommandInput) =>
        moves.within((event) => events.push(event), command, input);
      const found = find(message);
      if (found !== null) {
        const { command, place } = found;
        const part = command.parts[place.part];
        if (part !== undefined) {
          move(command, { type: 'row', place, row: proofRow(message, part) });
        }
        return { origin: { by: 'bridge', command: command.id }, events };
      }
      const other = attemptElsewhere(message, commands.unproved(), deps.timing);
      if (other !== null && message.chat !== null) {
        // No event: a person may have written the same elsewhere. It counts once the follow-up has ended.
        const where = { chat: message.chat.key, guid: message.guid };
        const after = step(other.command, { type: 'elsewhere', place: other.place, where }, deps.now());
        commands.save(after ?? other.command);
      }
      return { origin: { by: 'device' }, events };
    },

    received: (message) => {
      const { chat, replayOf, kind } = message;
      if (chat === null || replayOf !== null || !SAYINGS.has(kind.kind)) {
        return [];
      }
      const events: BridgeEvent[] = [];
      for (const command of commands.openIn(chat.key)) {
        if (message.sentAt < command.createdAt - DATE_SLACK_MS) {
          continue;
        }
        if (command.hold.name === 'deferred') {
          moves.within((event) => events.push(event), command, { type: 'replied' });
        } else {
          // It only goes sooner now, which nobody needs to be told.
          commands.save(step(command, { type: 'replied' }, deps.now()) ?? command);
        }
      }
      return events;
    },
  };
}

/** The attempt that the row has proved before. */
function attemptOf(command: Command, { guid }: Message): FoundAttempt | null {
  for (const [part, { attempts }] of command.parts.entries()) {
    const attempt = attempts.findIndex(({ proof }) => proof?.guid === guid);
    if (attempt >= 0) {
      return { command, place: { part, attempt } };
    }
  }
  return null;
}
