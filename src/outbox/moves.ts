import { isFinal, step, type Command, type CommandId, type CommandInput } from '../domain/index.ts';
import type { Append, Journal } from '../events/index.ts';
import { errorCode, type Clock, type Logger } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import type { AskGuard } from './ask-guard.ts';
import type { CommandStore } from './command-store.ts';

/** Copies of what is to be sent, where Messages can read them. */
export interface Staging {
  /**
   * Copies an uploaded file for a command. `path` is absolute; `name` is the base name that the recipient sees.
   * @throws BluelineError `upload_not_found`, `disk_full`
   */
  stage(
    uploadId: string,
    command: CommandId,
  ): Promise<{ readonly path: string; readonly name: string; readonly size: number }>;
  /** The command is at its end: nothing of ours needs its copies any more. */
  release(command: CommandId): Promise<void>;
}

/** Every change of a command goes through here: stored with its event, and told to who counts outcomes. */
export interface Moves {
  /** In a transaction of its own. Inputs that do not apply to the state are passed over; `null` if none did. */
  apply(id: CommandId, ...inputs: readonly CommandInput[]): Command | null;
  /** Inside the caller's transaction, on the command as it is stored. */
  within(append: Append, command: Command, ...inputs: readonly CommandInput[]): Command | null;
}

export function createMoves(deps: {
  readonly store: Pick<Store, 'afterCommit'>;
  readonly journal: Journal;
  readonly commands: CommandStore;
  readonly asking: Pick<AskGuard, 'follow'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly staging: Staging;
  /** After the transaction, in the order of the changes. */
  readonly onMoved: (before: Command, after: Command) => void;
}): Moves {
  const { store, journal, commands, asking, clock, log, staging } = deps;

  const release = async (id: CommandId) => {
    const command = commands.get(id);
    // Looked at again: others may have changed it meanwhile.
    if (command !== null && isFinal(command)) {
      await staging.release(id);
    }
  };

  const move = (append: Append, command: Command, inputs: readonly CommandInput[]): Command | null => {
    const now = clock.now();
    const after = inputs.reduce((current, input) => step(current, input, now) ?? current, command);
    if (after === command) {
      return null;
    }
    commands.save(after);
    asking.follow(command, after);
    append({ type: 'command.updated', command: after });
    return after;
  };
  const tell = (before: Command, after: Command) => {
    deps.onMoved(before, after);
    if (!isFinal(before) && isFinal(after) && after.parts.some(({ content }) => content.kind === 'file')) {
      release(after.id).catch((error: unknown) =>
        log.warn({ command: after.id, code: errorCode(error) }, 'Staged files could not be released'),
      );
    }
  };

  return {
    within: (append, command, ...inputs) => {
      const after = move(append, command, inputs);
      if (after !== null) {
        // A transaction that the disk would not take comes again, and counts once.
        store.afterCommit(() => void setImmediate(() => tell(command, after)));
      }
      return after;
    },
    apply: (id, ...inputs) => {
      const moved = journal.write((append) => {
        const before = commands.get(id);
        const after = before === null ? null : move(append, before, inputs);
        return before === null || after === null ? null : { before, after };
      });
      if (moved === null) {
        return null;
      }
      tell(moved.before, moved.after);
      return moved.after;
    },
  };
}
