import type { RawData, WebSocket } from 'ws';
import {
  API_VERSION,
  clientFrameSchema,
  CLOSE_CODES,
  type CommandFrame,
  type CommandResult,
  type ServerFrame,
} from '../contract/index.ts';
import { sequence, type Sequence } from '../domain/index.ts';
import { errorCode, Pulse, superviseLoop, type Clock, type Logger } from '../runtime/index.ts';
import { CommandInlet } from './command-inlet.ts';
import { HIGH_WATER_BYTES, JournalPump } from './journal-pump.ts';
import type { Journal, JournalFilter } from './journal.ts';
import { startPosition } from './start-position.ts';
import type { Subscribers } from './subscribers.ts';

/** How long a cut reader has to answer the close before its connection is ended. */
const CLOSE_GRACE_MS = 2_000;
export const HEARTBEAT_MS = 15_000;
/** WebSocket close code 1013, "try again later" (IANA registry). */
const CLOSE_SLOW_READER = 1013;
const CLOSE_GOING_AWAY = 1001;

export interface StreamRequest extends JournalFilter {
  readonly after: Sequence | null;
  readonly epoch: string | null;
  /** A name under which the reader's acks are kept, for its key. */
  readonly subscriber: string | null;
  readonly keyId: string;
  /** What becomes of a command frame. Never rejects. */
  readonly execute: (frame: CommandFrame) => Promise<CommandResult>;
}

export interface StreamContext {
  readonly journal: Journal;
  readonly subscribers: Subscribers;
  readonly clock: Clock;
  readonly log: Logger;
  readonly bridgeId: string;
  readonly healthStatus: () => 'healthy' | 'unhealthy';
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
  readonly #pulse = new Pulse();
  readonly #pump: JournalPump;
  readonly #commands: CommandInlet;
  #caughtUp = false;
  #unansweredPings = 0;

  constructor(socket: WebSocket, request: StreamRequest, context: StreamContext) {
    this.#socket = socket;
    this.#request = request;
    this.#context = context;
    this.#pump = new JournalPump({
      journal: context.journal,
      socket,
      filter: request,
      clock: context.clock,
      onStalled: () => this.#cut(),
      onGap: (gap) => this.#send({ type: 'gap', ...gap }),
    });
    this.#commands = new CommandInlet(socket, request.execute);
  }

  /** Serves the socket until it closes. Never rejects. */
  async run(): Promise<void> {
    const { journal, clock, log } = this.#context;
    const unlisten = journal.onAppend(() => this.#pulse.trigger());
    const heartbeat = clock.every(HEARTBEAT_MS, () => this.#heartbeat());
    this.#socket.on('close', () => this.#abort.abort());
    this.#socket.on('error', () => this.#abort.abort());
    this.#socket.on('pong', () => {
      this.#unansweredPings = 0;
    });
    this.#socket.on('message', (data: RawData) => this.#receive(data));
    if (!this.#tryBegin()) {
      // The store cannot be read or written just now: the reader comes back, and has lost nothing.
      this.#cut();
    }
    await superviseLoop({
      name: 'event-stream',
      clock,
      log,
      signal: this.#abort.signal,
      body: (signal) => this.#turn(signal),
    });
    heartbeat.cancel();
    unlisten();
  }

  close(): void {
    this.#abort.abort();
    this.#socket.close(CLOSE_GOING_AWAY, 'the bridge is stopping');
  }

  #tryBegin(): boolean {
    try {
      this.#begin();
      return true;
    } catch (error) {
      this.#context.log.warn(
        { code: errorCode(error) },
        'A reader could not be served, because the store failed',
      );
      return false;
    }
  }

  #begin(): void {
    const { journal, subscribers, bridgeId } = this.#context;
    const { subscriber } = this.#request;
    const cursor = subscriber === null ? null : subscribers.cursor(this.#request.keyId, subscriber);
    const head = journal.head();
    const oldest = journal.oldest();
    this.#send({
      type: 'hello',
      bridge_id: bridgeId,
      epoch: journal.epoch,
      head_sequence: head,
      oldest_sequence: oldest,
      versions: [API_VERSION],
    });
    const start = startPosition(
      { after: this.#request.after, epoch: this.#request.epoch, cursor },
      { epoch: journal.epoch, head, oldest },
    );
    if (start.gap !== null) {
      this.#send({ type: 'gap', ...start.gap });
    }
    this.#pump.sentTo = start.after;
    if (subscriber !== null && cursor === null) {
      subscribers.advance(this.#request.keyId, subscriber, start.after);
    }
    this.#pulse.trigger();
  }

  async #turn(signal: AbortSignal): Promise<void> {
    await this.#pulse.wait(signal);
    await this.#pump.drain(signal);
    if (!this.#caughtUp && !signal.aborted) {
      this.#caughtUp = true;
      this.#send({ type: 'caught_up', sequence: this.#pump.sentTo });
    }
  }

  #cut(): void {
    this.#context.log.warn({ sentTo: this.#pump.sentTo }, 'A reader of the event stream was cut');
    this.#abort.abort();
    this.#socket.close(CLOSE_SLOW_READER, 'too slow; resume from the last sequence');
    this.#context.clock.after(CLOSE_GRACE_MS, () => this.#socket.terminate());
  }

  #heartbeat(): void {
    if (this.#unansweredPings >= 2) {
      this.#socket.terminate();
      return;
    }
    this.#unansweredPings += 1;
    this.#socket.ping();
    if (this.#socket.bufferedAmount <= HIGH_WATER_BYTES) {
      this.#send({
        type: 'heartbeat',
        head_sequence: this.#context.journal.head(),
        status: this.#context.healthStatus(),
        at: this.#context.clock.now(),
      });
    }
  }

  #receive(data: RawData): void {
    const frame = clientFrameSchema.safeParse(parseJson(data));
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

function parseJson(data: RawData): unknown {
  try {
    // `nodebuffer` is the binary type of every socket that we accept.
    return Buffer.isBuffer(data) ? JSON.parse(data.toString('utf8')) : undefined;
  } catch {
    return undefined;
  }
}
