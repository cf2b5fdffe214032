import { CLOSE_CODES, type RegisterFrame, type WireHealth, type WireUsage } from '../contract/index.ts';
import { BEAT_MS, type BridgeConnection } from './bridge-connection.ts';
import { BridgeEvents, type EventHandlers } from './bridge-events.ts';
import type { CursorStore } from './cursor-store.ts';
import { PendingCommands } from './pending-commands.ts';
import type { Timers } from './timers.ts';

/** A bridge that says nothing for so many beats is offline. */
const MISSED_BEATS = 3;
/** Events that a bridge may send ahead of our acks. */
const WINDOW = 500;

/** What the controller knows of a bridge. */
export interface BridgeView {
  readonly bridgeId: string;
  readonly isOnline: boolean;
  /** Since when it has been so; Unix ms. */
  readonly since: number;
  /** When it last said anything; Unix ms. */
  readonly lastBeatAt: number;
  /** What it said of itself when it connected last. */
  readonly registered: Omit<RegisterFrame, 'type'>;
  /** Its last report; `null` before the first. */
  readonly health: WireHealth | null;
  readonly usage: WireUsage | null;
  readonly reportedAt: number | null;
}

export type BridgeNotice =
  | { readonly type: 'bridge.online'; readonly bridgeId: string; readonly at: number }
  /** It has missed three beats. */
  | { readonly type: 'bridge.offline'; readonly bridgeId: string; readonly at: number }
  /** Another daemon came under the id of one that is connected, and was turned away. */
  | { readonly type: 'bridge.refused'; readonly bridgeId: string; readonly at: number }
  | { readonly type: 'bridge.health'; readonly bridgeId: string; readonly at: number }
  /** All that it had kept for us has come. */
  | { readonly type: 'bridge.caught_up'; readonly bridgeId: string; readonly at: number };

export interface RecordDeps {
  readonly cursors: CursorStore;
  readonly handlers: EventHandlers;
  readonly timers: Timers;
  readonly onNotice: (notice: BridgeNotice) => void;
}

/** One bridge over all of its connections, of which there is one at a time. */
export class BridgeRecord {
  readonly commands = new PendingCommands();
  readonly #bridgeId: string;
  readonly #deps: RecordDeps;
  readonly #events: BridgeEvents;
  #connection: BridgeConnection | null = null;
  #registered: RegisterFrame | null = null;
  #report: { health: WireHealth; usage: WireUsage | null; at: number } | null = null;
  #isOnline = false;
  #since: number;
  #lastBeatAt: number;
  /** Admissions happen one after the other: two daemons may come at the same time. */
  #admission: Promise<void> = Promise.resolve();

  constructor(bridgeId: string, deps: RecordDeps) {
    this.#bridgeId = bridgeId;
    this.#deps = deps;
    this.#events = new BridgeEvents(bridgeId, deps.cursors, deps.handlers, deps.timers);
    this.#since = deps.timers.now();
    this.#lastBeatAt = this.#since;
  }

  view(): BridgeView | null {
    if (this.#registered === null) {
      return null;
    }
    const { type: _type, ...registered } = this.#registered;
    return {
      bridgeId: this.#bridgeId,
      isOnline: this.#isOnline,
      since: this.#since,
      lastBeatAt: this.#lastBeatAt,
      registered,
      health: this.#report?.health ?? null,
      usage: this.#report?.usage ?? null,
      reportedAt: this.#report?.at ?? null,
    };
  }

  /** Lets a connection in that has registered, unless another daemon is alive under the same id. Never rejects. */
  admit(connection: BridgeConnection, frame: RegisterFrame): Promise<void> {
    this.#admission = this.#admission.then(async () => {
      try {
        await this.#admit(connection, frame);
      } catch (error) {
        // The store of cursors failed: the bridge tries again by itself.
        this.#deps.handlers.onProblem?.(error, this.#bridgeId);
        connection.close(CLOSE_CODES.tryAgainLater, 'try again later');
      }
    });
    return this.#admission;
  }

  /** Looks whether it has gone silent. */
  look(): void {
    const now = this.#deps.timers.now();
    if (this.#isOnline && now - this.#lastBeatAt > MISSED_BEATS * BEAT_MS) {
      this.#turn(false, now);
    }
  }

  /** Resolves when no handler runs any more and what was done is saved. */
  async close(): Promise<void> {
    this.#connection?.close(CLOSE_CODES.goingAway, 'the controller is stopping');
    this.commands.close();
    await this.#admission;
    await this.#events.halt();
  }

  async #admit(connection: BridgeConnection, frame: RegisterFrame): Promise<void> {
    const before = this.#connection;
    if (before !== null && before !== connection) {
      const isSame = this.#registered?.instance_id === frame.instance_id;
      if (!isSame && (await before.isAlive())) {
        connection.close(CLOSE_CODES.bridgeIdInUse, 'another daemon is connected under this bridge id');
        this.#notice('bridge.refused');
        return;
      }
      before.close(CLOSE_CODES.superseded, 'connected anew');
      before.terminate();
    }
    const cursor = await this.#events.begin(
      (sequence) => connection.send({ type: 'ack', sequence }),
      () => connection.terminate(),
    );
    if (!connection.isOpen) {
      return;
    }
    this.#connection = connection;
    this.#registered = frame;
    this.#events.numberedBy(frame.epoch, frame.oldest_sequence);
    const send = (command: Parameters<PendingCommands['add']>[0]) => connection.send(command);
    connection.listen({
      // It has said so once, and nothing of it has changed since.
      onRegister: () => undefined,
      onBeat: () => this.#beat(),
      onEvent: (event) => this.#events.take(event),
      onUnrecognized: (sequence) => this.#events.skip(sequence),
      onGap: (gap) => this.#events.gap(gap),
      onCaughtUp: () => this.#notice('bridge.caught_up'),
      onHealth: ({ health, usage }) => {
        this.#report = { health, usage: usage ?? null, at: this.#deps.timers.now() };
        this.#notice('bridge.health');
      },
      onResult: (result) => this.commands.answer(result),
      onClose: () => {
        this.commands.disconnect(send);
        if (this.#connection === connection) {
          this.#connection = null;
        }
      },
    });
    connection.send({
      type: 'registered',
      after: cursor?.sequence ?? null,
      epoch: cursor?.epoch ?? null,
      window: WINDOW,
    });
    this.#beat();
    this.commands.connect(send);
  }

  #beat(): void {
    const now = this.#deps.timers.now();
    this.#lastBeatAt = now;
    if (!this.#isOnline) {
      this.#turn(true, now);
    }
  }

  #turn(isOnline: boolean, now: number): void {
    this.#isOnline = isOnline;
    this.#since = now;
    this.#notice(isOnline ? 'bridge.online' : 'bridge.offline');
  }

  #notice(type: BridgeNotice['type']): void {
    this.#deps.onNotice({ type, bridgeId: this.#bridgeId, at: this.#deps.timers.now() });
  }
}
