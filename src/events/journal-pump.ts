import type { Gap } from '../contract/index.ts';
import { sequence, type Sequence } from '../domain/index.ts';
import { Pulse, type Clock } from '../runtime/index.ts';
import type { Journal, JournalEntry, JournalFilter } from './journal.ts';

/** Events read from the journal at a time. */
const PAGE = 250;
/** Bytes that may wait in a connection before we send no further. */
export const HIGH_WATER_BYTES = 1_048_576;
/** A reader that takes nothing for so long while its buffer is full is cut; it can resume from its last sequence. */
export const STALL_MS = 10_000;
/** How often a full buffer is looked at. */
const LOOK_MS = 20;

/** A connection, as far as events go through it. */
export interface Outlet {
  /** Bytes that the peer has not taken yet. */
  buffered(): number;
  /** So many events at most may follow now; asked before each page. Left out: as many as there are. */
  room?(): number;
  event(entry: JournalEntry): void;
  gap(gap: Gap): void;
  caughtUp(to: Sequence): void;
  /** The reader takes nothing any more. */
  cut(): void;
}

/**
 * Carries the journal to one reader, from where it begins to the head and then live. It only ever holds one page and what
 * the connection buffers: when that is full it waits for the reader, and cuts it if nothing moves.
 */
export class JournalPump {
  readonly #journal: Journal;
  readonly #filter: JournalFilter;
  readonly #clock: Clock;
  readonly #outlet: Outlet;
  readonly #pulse = new Pulse();
  #hasBegun = false;
  #sentTo: Sequence;
  #isCaughtUp = false;

  constructor(options: {
    readonly journal: Journal;
    readonly filter: JournalFilter;
    readonly clock: Clock;
    readonly outlet: Outlet;
  }) {
    this.#journal = options.journal;
    this.#filter = options.filter;
    this.#clock = options.clock;
    this.#outlet = options.outlet;
    this.#sentTo = options.journal.head();
  }

  /** Everything up to here has been sent, or passed over by the filter. */
  get sentTo(): Sequence {
    return this.#sentTo;
  }

  begin(after: Sequence): void {
    this.#sentTo = after;
    this.#hasBegun = true;
    this.wake();
  }

  /** There may be more to send, or room for it. Means nothing before the reader has begun. */
  wake(): void {
    if (this.#hasBegun) {
      this.#pulse.trigger();
    }
  }

  /** Waits until it is woken, then sends what there is. */
  async turn(signal: AbortSignal): Promise<void> {
    await this.#pulse.wait(signal);
    while (!signal.aborted) {
      this.#tellLoss();
      const limit = Math.min(PAGE, this.#outlet.room?.() ?? PAGE);
      if (limit <= 0) {
        if (this.#sentTo < this.#journal.head()) {
          // Whoever makes room wakes us.
          return;
        }
        break;
      }
      const page = this.#journal.read(this.#sentTo, limit, this.#filter);
      if (page.scannedTo === this.#sentTo) {
        break;
      }
      for (const entry of page.entries) {
        this.#outlet.event(entry);
        this.#sentTo = entry.sequence;
        if (!(await this.#hasRoom(signal))) {
          return;
        }
      }
      this.#sentTo = page.scannedTo;
      if (page.isLast) {
        break;
      }
      // A long replay must not keep everybody else waiting.
      await new Promise((resolve) => setImmediate(resolve));
    }
    if (!this.#isCaughtUp && !signal.aborted) {
      this.#isCaughtUp = true;
      this.#outlet.caughtUp(this.#sentTo);
    }
  }

  /** What retention has removed under a reader that lags behind is not passed over in silence. */
  #tellLoss(): void {
    const beforeOldest = sequence(this.#journal.oldest() - 1);
    if (this.#sentTo < beforeOldest) {
      this.#outlet.gap({ from: this.#sentTo + 1, to: beforeOldest, reason: 'retention' });
      this.#sentTo = beforeOldest;
    }
  }

  /** Resolves when the connection can take more; with `false` once it has ended, or was cut because nothing moved. */
  async #hasRoom(signal: AbortSignal): Promise<boolean> {
    const outlet = this.#outlet;
    if (outlet.buffered() <= HIGH_WATER_BYTES) {
      return !signal.aborted;
    }
    const clock = this.#clock;
    await new Promise<void>((resolve) => {
      let lowest = outlet.buffered();
      let movedAt = clock.now();
      const finish = () => {
        look.cancel();
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const look = clock.every(LOOK_MS, () => {
        const buffered = outlet.buffered();
        if (buffered < lowest) {
          lowest = buffered;
          movedAt = clock.now();
        }
        if (buffered <= HIGH_WATER_BYTES / 2) {
          finish();
        } else if (clock.now() - movedAt >= STALL_MS) {
          outlet.cut();
          finish();
        }
      });
      signal.addEventListener('abort', finish, { once: true });
    });
    return !signal.aborted;
  }
}
