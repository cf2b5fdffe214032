import { WebSocket, type RawData } from 'ws';
import { z } from 'zod';
import {
  commandResultSchema,
  eventSchema,
  gapSchema,
  healthFrameSchema,
  registerFrameSchema,
  type CommandResult,
  type Gap,
  type LinkControllerFrame,
  type RegisterFrame,
} from '../contract/index.ts';
import type { BluelineEvent } from './event-stream.ts';
import { parseFrame } from './parse-json.ts';
import type { Timers } from './timers.ts';

/** A bridge says something each 15 s. */
export const BEAT_MS = 15_000;
/** How long a connection that is asked whether it still lives may take. */
const PROBE_MS = 5_000;
/** How long a peer may take to answer a close. */
const CLOSE_GRACE_MS = 1_000;

// Loose on purpose: what a newer bridge says besides must not end the link.
const frameSchema = z.discriminatedUnion('type', [
  registerFrameSchema,
  z.object({ type: z.literal('event'), event: z.looseObject({ type: z.string(), sequence: z.int() }) }),
  z.object({ type: z.literal('caught_up'), sequence: z.int() }),
  gapSchema.extend({ type: z.literal('gap') }),
  z.object({ type: z.literal('heartbeat'), head_sequence: z.int() }),
  healthFrameSchema,
  commandResultSchema,
]);

export type HealthFrame = z.infer<typeof healthFrameSchema>;

export interface ConnectionListener {
  onRegister(frame: RegisterFrame): void;
  /** Anything that it says, a pong among it. */
  onBeat(): void;
  onEvent(event: BluelineEvent): void;
  onUnrecognized(sequence: number): void;
  onGap(gap: Gap): void;
  onCaughtUp(sequence: number): void;
  onHealth(frame: HealthFrame): void;
  onResult(result: CommandResult): void;
  onClose(): void;
}

/** The controller's end of one connection: frames in and out, and whether anybody is still there. */
export class BridgeConnection {
  readonly #socket: WebSocket;
  readonly #timers: Timers;
  #listener: ConnectionListener | null = null;
  #unansweredPings = 0;

  constructor(socket: WebSocket, timers: Timers) {
    this.#socket = socket;
    this.#timers = timers;
    const beat = timers.every(BEAT_MS, () => {
      if (this.#unansweredPings >= 2) {
        socket.terminate();
        return;
      }
      this.#unansweredPings += 1;
      this.#ping();
    });
    socket.on('pong', () => {
      this.#unansweredPings = 0;
      this.#listener?.onBeat();
    });
    socket.on('message', (data: RawData) => this.#receive(data));
    // What became of it is told by `close`.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      beat.cancel();
      this.#listener?.onClose();
    });
  }

  listen(listener: ConnectionListener): void {
    this.#listener = listener;
  }

  get isOpen(): boolean {
    return this.#socket.readyState === WebSocket.OPEN;
  }

  send(frame: LinkControllerFrame): void {
    if (this.isOpen) {
      this.#socket.send(JSON.stringify(frame));
    }
  }

  /** Whether somebody answers at the other end, now. */
  isAlive(): Promise<boolean> {
    if (!this.isOpen) {
      return Promise.resolve(false);
    }
    return new Promise((resolve) => {
      const finish = (isAlive: boolean) => {
        timer.cancel();
        this.#socket.off('pong', onPong);
        this.#socket.off('close', onClose);
        resolve(isAlive);
      };
      const onPong = () => finish(true);
      const onClose = () => finish(false);
      const timer = this.#timers.after(PROBE_MS, () => finish(false));
      this.#socket.on('pong', onPong);
      this.#socket.on('close', onClose);
      this.#ping();
    });
  }

  /** Says why, then ends it, whether that is answered or not. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    const cut = this.#timers.after(CLOSE_GRACE_MS, () => this.#socket.terminate());
    this.#socket.once('close', () => cut.cancel());
  }

  terminate(): void {
    this.#socket.terminate();
  }

  #ping(): void {
    if (this.isOpen) {
      this.#socket.ping();
    }
  }

  #receive(data: RawData): void {
    const listener = this.#listener;
    const parsed = frameSchema.safeParse(parseFrame(data));
    if (listener === null || !parsed.success) {
      return;
    }
    listener.onBeat();
    const frame = parsed.data;
    switch (frame.type) {
      case 'register':
        listener.onRegister(frame);
        return;
      case 'event': {
        const event = eventSchema.safeParse(frame.event);
        if (event.success) {
          listener.onEvent(event.data);
        } else {
          listener.onUnrecognized(frame.event.sequence);
        }
        return;
      }
      case 'gap': {
        const { type: _type, ...gap } = frame;
        listener.onGap(gap);
        return;
      }
      case 'caught_up':
        listener.onCaughtUp(frame.sequence);
        return;
      case 'health':
        listener.onHealth(frame);
        return;
      case 'command_result':
        listener.onResult(frame);
        return;
      case 'heartbeat':
        return;
      default:
        frame satisfies never;
    }
  }
}
