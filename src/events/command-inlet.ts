import type { WebSocket } from 'ws';
import type { CommandFrame, CommandResult } from '../contract/index.ts';

/** Commands of one connection that may wait for those before them; then nothing more is read from it for a while. */
const MAX_WAITING = 32;

/**
 * Carries out the commands of one connection, one after the other, in the order in which they came, and answers each.
 * A client that sends faster than they are carried out is held back by its own socket, not by our memory.
 */
export class CommandInlet {
  readonly #socket: Pick<WebSocket, 'send' | 'pause' | 'resume' | 'readyState' | 'OPEN'>;
  readonly #execute: (frame: CommandFrame) => Promise<CommandResult>;
  #waiting = 0;
  #last: Promise<void> = Promise.resolve();

  constructor(
    socket: Pick<WebSocket, 'send' | 'pause' | 'resume' | 'readyState' | 'OPEN'>,
    execute: (frame: CommandFrame) => Promise<CommandResult>,
  ) {
    this.#socket = socket;
    this.#execute = execute;
  }

  take(frame: CommandFrame): void {
    this.#waiting += 1;
    if (this.#waiting === MAX_WAITING) {
      this.#socket.pause();
    }
    this.#last = this.#last.then(() => this.#carryOut(frame));
  }

  /** Resolves when all that was taken has been carried out. */
  idle(): Promise<void> {
    return this.#last;
  }

  async #carryOut(frame: CommandFrame): Promise<void> {
    const result = await this.#execute(frame);
    this.#waiting -= 1;
    if (this.#socket.readyState === this.#socket.OPEN) {
      this.#socket.send(JSON.stringify(result));
      if (this.#waiting === MAX_WAITING - 1) {
        this.#socket.resume();
      }
    }
  }
}
