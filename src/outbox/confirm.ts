import { step, type BridgeEvent, type Command, type Message, type Origin } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { CommandStore } from './command-store.ts';
import { commandProvedBy } from './match.ts';

/**
 * Matches a row of our side with the command that it proves, once, and moves that command on as the row moves. Runs
 * inside the transaction that journals the row, so that event and proof can never disagree.
 */
export function createConfirm(deps: {
  readonly commands: CommandStore;
  readonly clock: Clock;
  readonly followUpMs: number;
  readonly onProof: () => void;
}): (message: Message) => { readonly origin: Origin; readonly events: readonly BridgeEvent[] } {
  const { commands, clock } = deps;
  return (message) => {
    const command =
      commands.provedBy(message.rowId, message.guid) ??
      commandProvedBy(message, commands.unproved(), deps.followUpMs);
    if (command === null) {
      return { origin: { by: 'device' }, events: [] };
    }
    const { isSent, isDelivered, isRead, error } = message.delivery;
    const next = step(
      command,
      { type: 'row', row: { guid: message.guid, rowId: message.rowId, isSent, isDelivered, isRead, error } },
      clock.now(),
    );
    const events: BridgeEvent[] = [];
    if (next !== null && hasMoved(command, next)) {
      commands.save(next);
      events.push({ type: 'command.updated', command: next });
      deps.onProof();
    }
    return { origin: { by: 'bridge', command: command.id }, events };
  };
}

function hasMoved(before: Command, after: Command): boolean {
  return before.state !== after.state || (before.proof === null && after.proof !== null);
}
