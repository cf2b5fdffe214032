import type { CommandFrame, CommandResult } from '../contract/index.ts';

/** What became of a command. */
export type CommandOutcome =
  | CommandResult
  /** The bridge never got it, and will not any more. */
  | { readonly result: 'not_sent' }
  /** It was on its way when the caller stopped waiting: it may have been carried out. Ask again under the same id. */
  | { readonly result: 'unknown' };

interface Pending {
  readonly frame: CommandFrame;
  wasSent: boolean;
  readonly waiting: Set<(outcome: CommandOutcome) => void>;
}

/**
 * Commands of one bridge that have no answer yet, in the order in which they were given. They are sent again over each
 * new connection; the bridge knows them by their ids, and does none of them twice.
 */
export class PendingCommands {
  readonly #pending = new Map<string, Pending>();
  #send: ((frame: CommandFrame) => void) | null = null;

  /** Sends all that has no answer, and from now on what comes. */
  connect(send: (frame: CommandFrame) => void): void {
    this.#send = send;
    for (const entry of this.#pending.values()) {
      this.#transmit(entry);
    }
  }

  disconnect(send: (frame: CommandFrame) => void): void {
    if (this.#send === send) {
      this.#send = null;
    }
  }

  /** @param signal ends the waiting; what was not sent by then never is */
  add(frame: CommandFrame, signal?: AbortSignal): Promise<CommandOutcome> {
    return new Promise((resolve) => {
      if (signal?.aborted === true) {
        resolve({ result: 'not_sent' });
        return;
      }
      let entry = this.#pending.get(frame.command_id);
      const isNew = entry === undefined;
      entry ??= { frame, wasSent: false, waiting: new Set() };
      const mine = entry;
      const finish = (outcome: CommandOutcome) => {
        mine.waiting.delete(finish);
        signal?.removeEventListener('abort', giveUp);
        resolve(outcome);
      };
      const giveUp = () => {
        finish({ result: mine.wasSent ? 'unknown' : 'not_sent' });
        if (mine.waiting.size === 0) {
          this.#pending.delete(frame.command_id);
        }
      };
      mine.waiting.add(finish);
      signal?.addEventListener('abort', giveUp, { once: true });
      if (isNew) {
        this.#pending.set(frame.command_id, mine);
        this.#transmit(mine);
      }
    });
  }

  answer(result: CommandResult): void {
    const entry = this.#pending.get(result.command_id);
    this.#pending.delete(result.command_id);
    for (const finish of entry?.waiting ?? []) {
      finish(result);
    }
  }

  /** Nobody will answer any more. */
  close(): void {
    for (const { wasSent, waiting } of this.#pending.values()) {
      for (const finish of waiting) {
        finish({ result: wasSent ? 'unknown' : 'not_sent' });
      }
    }
    this.#pending.clear();
  }

  #transmit(entry: Pending): void {
    if (this.#send !== null) {
      entry.wasSent = true;
      this.#send(entry.frame);
    }
  }
}
