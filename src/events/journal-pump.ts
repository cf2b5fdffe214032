import type { WebSocket } from 'ws';
import type { Gap } from '../contract/index.ts';
import { sequence, type Sequence } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Journal, JournalFilter } from './journal.ts';

/** Events read from the journal at a time. */
const PAGE = 250;
/** Bytes that may wait in a socket before we read no further. */
export const HIGH_WATER_BYTES = 1_048_576;
/** A reader that takes nothing for so long while its buffer is full is cut; it can resume from its last sequence. */
export const STALL_MS = 10_000;

/** Puts the journal into a socket, event by event. It only ever holds one page and one socket buffer. */
export class JournalPump {
  readonly #journal: Journal;
  readonly #socket: WebSocket;
  readonly #filter: JournalFilter;
  readonly #clock: Clock;
  readonly #onStalled: () => void;
  readonly #onGap: (gap: Gap) => void;
  /** Everything up to here has been sent, or was not wanted. */
  sentTo: Sequence;

  constructor(options: {
    readonly journal: Journal;
    readonly socket: WebSocket;
    readonly filter: JournalFilter;
    readonly clock: Clock;
    /** The reader takes nothing any more. */
    readonly onStalled: () => void;
    /** Retention has removed what the reader had not got yet. */
    readonly onGap: (gap: Gap) => void;
  }) {
    this.#journal = options.journal;
    this.#socket = options.socket;
    this.#filter = options.filter;
    this.#clock = options.clock;
    this.#onStalled = options.onStalled;
    this.#onGap = options.onGap;
    this.sentTo = options.journal.head();
  }

  /**
   * Sends what there is.
   * @param room so many events at most, asked before each page
   * @returns whether the end of the journal was reached
   */
  async drain(signal: AbortSignal, room: () => number = () => PAGE): Promise<boolean> {
    while (!signal.aborted) {
      const limit = Math.min(PAGE, room());
      if (limit <= 0) {
        return this.sentTo >= this.#journal.head();
      }
      const beforeOldest = this.#journal.oldest() - 1;
      if (this.sentTo < beforeOldest) {
        this.#onGap({ from: this.sentTo + 1, to: beforeOldest, reason: 'retention' });
        this.sentTo = sequence(beforeOldest);
      }
      const page = this.#journal.read(this.sentTo, limit, this.#filter);
      if (page.scannedTo === this.sentTo) {
        return true;
      }
      for (const entry of page.entries) {
        this.#socket.send(`{"type":"event","event":${entry.json}}`);
      }
      this.sentTo = page.scannedTo;
      if (page.isLast && this.#socket.bufferedAmount <= HIGH_WATER_BYTES) {
        return true;
      }
      await this.#drained(signal);
    }
    return false;
  }

  /** Resolves when the socket has room again, or its reader has stalled. */
  async #drained(signal: AbortSignal): Promise<void> {
    if (this.#socket.bufferedAmount <= HIGH_WATER_BYTES) {
      // A long replay must not keep everybody else waiting.
      await new Promise((resolve) => setImmediate(resolve));
      return;
    }
    const clock = this.#clock;
    await new Promise<void>((resolve) => {
      let lowest = this.#socket.bufferedAmount;
      let movedAt = clock.now();
      const finish = () => {
        look.cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const look = clock.every(20, () => {
        const buffered = this.#socket.bufferedAmount;
        if (buffered < lowest) {
          lowest = buffered;
          movedAt = clock.now();
        }
        if (buffered <= HIGH_WATER_BYTES / 2) {
          finish();
        } else if (clock.now() - movedAt >= STALL_MS) {
          this.#onStalled();
          finish();
        }
      });
      signal.addEventListener('abort', finish, { once: true });
    });
  }
}
