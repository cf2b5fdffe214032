import type { RawData, WebSocket } from 'ws';
import {
  clientFrameSchema,
  CLOSE_CODES,
  type CommandFrame,
  type CommandResult,
  type ServerFrame,
} from '../contract/index.ts';
import { sequence, type Sequence } from '../domain/index.ts';
import { errorCode } from '../runtime/index.ts';
import { CommandInlet } from './command-inlet.ts';
import { HIGH_WATER_BYTES, JournalPump } from './journal-pump.ts';
import type { JournalFilter } from './journal.ts';
import { parseFrame } from './parse-frame.ts';
import { PingWatch } from './ping-watch.ts';
import { heartbeat, opening, serveReader, type StreamContext } from './serve-reader.ts';

/** How long a cut reader has to answer the close before its connection is ended. */
const CLOSE_GRACE_MS = 2_000;

export interface StreamRequest extends JournalFilter {
  readonly after: Sequence | null;
  readonly epoch: string | null;
  /** A name under which the reader's acks are kept, for its key. */
  readonly subscriber: string | null;
  readonly keyId: string;
  /** What becomes of a command frame. Never rejects. */
  readonly execute: (frame: CommandFrame) => Promise<CommandResult>;
}

/**
 * One reader's connection: replays the journal from where it left off, says `caught_up`, then goes on live. It only
 * ever holds one page and one socket buffer; who cannot keep up is cut with 1013 and loses nothing by it.
 */
export class EventStream {
  readonly #socket: WebSocket;
  readonly #request: StreamRequest;
  readonly #context: StreamContext;
  readonly #abort = new AbortController();
  readonly #pump: JournalPump;
  readonly #commands: CommandInlet;
  readonly #pings: PingWatch;

  constructor(socket: WebSocket, request: StreamRequest, context: StreamContext) {
    this.#socket = socket;
    this.#request = request;
    this.#context = context;
    this.#pump = new JournalPump({
      journal: context.journal,
      filter: request,
      clock: context.clock,
      outlet: {
        buffered: () => socket.bufferedAmount,
        event: ({ json }) => socket.send(`{"type":"event","event":${json}}`),
        gap: (gap) => this.#send({ type: 'gap', ...gap }),
        caughtUp: (to) => this.#send({ type: 'caught_up', sequence: to }),
        cut: () => this.#cut(),
      },
    });
    this.#commands = new CommandInlet(socket, request.execute);
    this.#pings = new PingWatch(socket);
  }

  /** Serves the socket until it closes, and what was begun for it is done. Never rejects. */
  async run(): Promise<void> {
    this.#socket.on('close', () => this.#abort.abort());
    this.#socket.on('error', () => this.#abort.abort());
    this.#socket.on('message', (data: RawData) => this.#receive(data));
    await serveReader(this.#context, {
      name: 'event-stream',
      pump: this.#pump,
      signal: this.#abort.signal,
      begin: () => this.#begin(),
      heartbeat: () => this.#heartbeat(),
      giveUp: () => this.#cut(),
    });
    await this.#commands.idle();
  }

  close(reason: string): void {
    this.#abort.abort();
    this.#socket.close(CLOSE_CODES.goingAway, reason);
  }

  #begin(): void {
    const { subscribers } = this.#context;
    const { after, epoch, subscriber, keyId } = this.#request;
    const cursor = subscriber === null ? null : subscribers.cursor(keyId, subscriber);
    const { hello, start } = opening(this.#context, { after, epoch, cursor });
    this.#send({ type: 'hello', ...hello });
    if (start.gap !== null) {
      this.#send({ type: 'gap', ...start.gap });
    }
    if (subscriber !== null && cursor === null) {
      subscribers.advance(keyId, subscriber, start.after);
    }
    this.#pump.begin(start.after);
  }

  #cut(): void {
    this.#context.log.warn({ sentTo: this.#pump.sentTo }, 'A reader of the event stream was cut');
    this.#abort.abort();
    this.#socket.close(CLOSE_CODES.tryAgainLater, 'too slow; resume from the last sequence');
    this.#context.clock.after(CLOSE_GRACE_MS, () => this.#socket.terminate());
  }

  #heartbeat(): void {
    if (!this.#pings.ask()) {
      this.#socket.terminate();
      return;
    }
    if (this.#socket.bufferedAmount <= HIGH_WATER_BYTES) {
      this.#send(heartbeat(this.#context));
    }
  }

  #receive(data: RawData): void {
    const frame = clientFrameSchema.safeParse(parseFrame(data));
    if (!frame.success) {
      this.#socket.close(CLOSE_CODES.badFrame, 'not a frame that this bridge knows');
      return;
    }
    if (frame.data.type === 'command') {
      this.#commands.take(frame.data);
      return;
    }
    // An ack beyond what was sent would skip events that the reader never saw.
    if (
      frame.data.type === 'ack' &&
      this.#request.subscriber !== null &&
      frame.data.sequence <= this.#pump.sentTo
    ) {
      this.#acknowledge(this.#request.subscriber, sequence(frame.data.sequence));
    }
  }

  /** Acks are cumulative: one that cannot be kept is made good by the next. */
  #acknowledge(subscriber: string, to: Sequence): void {
    try {
      this.#context.subscribers.advance(this.#request.keyId, subscriber, to);
    } catch (error) {
      this.#context.log.warn({ code: errorCode(error) }, 'An ack could not be kept');
    }
  }

  #send(frame: Exclude<ServerFrame, { type: 'event' }>): void {
    this.#socket.send(JSON.stringify(frame));
  }
}
