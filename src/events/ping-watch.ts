import type { WebSocket } from 'ws';

/** So many pings in a row may go unanswered. */
const MAX_UNANSWERED = 2;

/** Whether anybody still answers at the other end of a socket: by a ping with each heartbeat. */
export class PingWatch {
  readonly #socket: Pick<WebSocket, 'ping'>;
  #unanswered = 0;

  constructor(socket: Pick<WebSocket, 'ping' | 'on'>) {
    this.#socket = socket;
    socket.on('pong', () => {
      this.#unanswered = 0;
    });
  }

  /** Asks once more. @returns `false`, and asks no more, where the last two were not answered */
  ask(): boolean {
    if (this.#unanswered >= MAX_UNANSWERED) {
      return false;
    }
    this.#unanswered += 1;
    this.#socket.ping();
    return true;
  }
}
