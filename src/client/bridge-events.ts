import type { Gap } from '../contract/index.ts';
import type { BluelineEvent } from './event-stream.ts';
import type { Cursor, CursorStore } from './cursor-store.ts';
import { backoff, pause, type Timers } from './timers.ts';

/** What a handler is told beside the event. */
export interface EventContext {
  readonly bridgeId: string;
  /** Where the cursor stands once this event is done: for programs that save it together with their own work. */
  readonly cursor: Cursor;
}

export interface EventHandlers {
  /** Events of one bridge come one after the other; a throw is followed by another try with the same event. */
  readonly onEvent: (event: BluelineEvent, context: EventContext) => void | Promise<void>;
  /** Events of a bridge that cannot be had any more. */
  readonly onGap?: (gap: Gap, bridgeId: string) => void | Promise<void>;
  /** A handler or the store of cursors has failed; it is tried again. */
  readonly onProblem?: (error: unknown, bridgeId: string) => void;
}

type Item =
  | { readonly kind: 'event'; readonly event: BluelineEvent }
  | { readonly kind: 'skip'; readonly sequence: number }
  | { readonly kind: 'gap'; readonly gap: Gap };

/** Done but not saved, at most: a crash of the controller has so many handled again. */
const MAX_UNSAVED = 100;

/**
 * The events of one bridge, handled one by one and in order over all of its connections. The cursor goes on with each
 * that is done, is saved, and only then acked, so that no event is lost and none is handled twice by a running program.
 */
export class BridgeEvents {
  readonly #bridgeId: string;
  readonly #store: CursorStore;
  readonly #handlers: EventHandlers;
  readonly #timers: Timers;
  #cursor: Cursor | null = null;
  #isLoaded = false;
  #items: Item[] = [];
  #ack: ((sequence: number) => void) | null = null;
  #onHole: () => void = () => undefined;
  /** Whether the next event must be the one after the cursor: not where only the bridge knows where it begins. */
  #isNextKnown = false;
  #unsaved = 0;
  #working: Promise<void> | null = null;
  #stop = new AbortController();

  constructor(bridgeId: string, store: CursorStore, handlers: EventHandlers, timers: Timers) {
    this.#bridgeId = bridgeId;
    this.#store = store;
    this.#handlers = handlers;
    this.#timers = timers;
  }

  /**
   * Ends what the last connection had brought and was not begun, waits for what was, and tells from where on events are
   * wanted over the next one.
   */
  async begin(ack: (sequence: number) => void, onHole: () => void): Promise<Cursor | null> {
    await this.halt();
    this.#onHole = onHole;
    this.#stop = new AbortController();
    if (!this.#isLoaded) {
      this.#cursor = await this.#store.load(this.#bridgeId);
      this.#isLoaded = true;
    }
    this.#ack = ack;
    return this.#cursor;
  }

  /** The numbering that the bridge counts in now; another one makes the cursor begin anew, and a gap says so. */
  numberedBy(epoch: string, oldest: number): void {
    this.#isNextKnown = this.#cursor?.epoch === epoch;
    if (this.#cursor?.epoch !== epoch) {
      this.#cursor = { epoch, sequence: this.#cursor === null ? 0 : oldest - 1 };
    }
  }

  take(event: BluelineEvent): void {
    this.#put({ kind: 'event', event });
  }

  /** An event that this version cannot read: it is passed over. */
  skip(sequence: number): void {
    this.#put({ kind: 'skip', sequence });
  }

  gap(gap: Gap): void {
    this.#put({ kind: 'gap', gap });
  }

  /** Resolves when nothing is being done any more; what was not begun is forgotten, as the bridge has it still. */
  async halt(): Promise<void> {
    this.#stop.abort();
    this.#items = [];
    this.#ack = null;
    await this.#working;
  }

  #put(item: Item): void {
    if (!this.#stop.signal.aborted) {
      this.#items.push(item);
      this.#start();
    }
  }

  #start(): void {
    this.#working ??= this.#work().finally(() => {
      this.#working = null;
      if (this.#items.length > 0) {
        this.#start();
      }
    });
  }

  async #work(): Promise<void> {
    const { signal } = this.#stop;
    // Behind the frames that came together: they are saved and acked together.
    await Promise.resolve();
    for (let item = this.#items.shift(); item !== undefined; item = this.#items.shift()) {
      await this.#handle(item, signal);
      if (signal.aborted) {
        break;
      }
      if (this.#unsaved >= MAX_UNSAVED || this.#items.length === 0) {
        await this.#save(signal);
      }
    }
    // What was done just before the connection went is kept as well.
    if (this.#unsaved > 0) {
      await this.#save(null);
    }
  }

  async #handle(item: Item, signal: AbortSignal): Promise<void> {
    if (item.kind === 'gap') {
      await this.#insist(signal, async () => {
        await this.#handlers.onGap?.(item.gap, this.#bridgeId);
      });
      if (item.gap.reason === 'retention' && !signal.aborted) {
        this.#advance(item.gap.to);
      } else if (this.#cursor !== null) {
        // The numbering began again, or fell back: what comes now is to be handled, whatever its number.
        this.#cursor = { ...this.#cursor, sequence: 0 };
        this.#isNextKnown = false;
      }
      return;
    }
    const sequence = item.kind === 'event' ? item.event.sequence : item.sequence;
    if (this.#cursor === null || sequence <= this.#cursor.sequence) {
      return;
    }
    if (this.#isNextKnown && sequence !== this.#cursor.sequence + 1) {
      // Nothing of it may be passed over: whatever swallowed what is missing, the bridge sends it over the next connection.
      this.#stop.abort();
      this.#onHole();
      return;
    }
    this.#isNextKnown = true;
    const cursor = { ...this.#cursor, sequence };
    if (item.kind === 'event') {
      const { event } = item;
      const isDone = await this.#insist(signal, async () => {
        await this.#handlers.onEvent(event, { bridgeId: this.#bridgeId, cursor });
      });
      if (!isDone) {
        return;
      }
    }
    this.#advance(sequence);
  }

  #advance(sequence: number): void {
    if (this.#cursor !== null && sequence > this.#cursor.sequence) {
      this.#cursor = { ...this.#cursor, sequence };
      this.#unsaved += 1;
    }
  }

  async #save(signal: AbortSignal | null): Promise<void> {
    const cursor = this.#cursor;
    if (cursor === null || this.#unsaved === 0) {
      return;
    }
    const save = async () => {
      await this.#store.save(this.#bridgeId, cursor);
    };
    if (signal === null) {
      // Once: the bridge sends it again if it cannot be kept.
      await save().catch((error: unknown) => this.#handlers.onProblem?.(error, this.#bridgeId));
      this.#unsaved = 0;
      return;
    }
    if (await this.#insist(signal, save)) {
      this.#unsaved = 0;
      this.#ack?.(cursor.sequence);
    }
  }

  /** Does it until it succeeds or the connection is gone. @returns whether it was done */
  async #insist(signal: AbortSignal, work: () => Promise<void>): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await work();
        return true;
      } catch (error) {
        this.#handlers.onProblem?.(error, this.#bridgeId);
        await pause(this.#timers, backoff(attempt, 100, 10_000), signal);
        if (signal.aborted) {
          return false;
        }
      }
    }
  }
}
