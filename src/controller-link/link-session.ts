import type { RawData, WebSocket } from 'ws';
import {
  CLOSE_CODES,
  linkControllerFrameSchema,
  type CommandFrame,
  type CommandResult,
  type LinkBridgeFrame,
  type LinkControllerFrame,
  type RegisterFrame,
  type WireHealth,
  type WireUsage,
} from '../contract/index.ts';
import { sequence, type Sequence } from '../domain/index.ts';
import {
  CommandInlet,
  heartbeat,
  HIGH_WATER_BYTES,
  JournalPump,
  parseFrame,
  PingWatch,
  serveReader,
  startPosition,
  type Journal,
} from '../events/index.ts';
import { errorCode, type Clock, type Logger } from '../runtime/index.ts';

/** How long a controller may take to answer `register`: it may be asking another daemon whether it still lives. */
export const REGISTER_TIMEOUT_MS = 20_000;
/** How often it is looked whether there is something new to say of health. */
const LOOK_MS = 1_000;
const ALL = { types: null, lines: null };

export interface SessionDeps {
  readonly journal: Journal;
  readonly clock: Clock;
  readonly log: Logger;
  /** What the bridge says of itself at this moment. */
  readonly describe: () => Omit<RegisterFrame, 'type'>;
  readonly report: () => { readonly health: WireHealth; readonly usage: WireUsage | null };
  /** Another text whenever there is something new to report; costs next to nothing. */
  readonly reportMark: () => string;
  readonly healthStatus: () => 'healthy' | 'unhealthy';
  readonly execute: (frame: CommandFrame) => Promise<CommandResult>;
  /** How far this controller has acked, over restarts. */
  readonly cursor: { get(): Sequence | null; advance(to: Sequence): void };
  readonly onRegistered: () => void;
}

/**
 * One connection to the controller, from `register` to its end. Sends what the controller has not acked, in order and
 * never past its window; holds one page of events and one socket buffer, whatever the controller does.
 */
export class LinkSession {
  readonly #socket: WebSocket;
  readonly #deps: SessionDeps;
  readonly #abort = new AbortController();
  readonly #pump: JournalPump;
  readonly #commands: CommandInlet;
  readonly #pings: PingWatch;
  #isRegistered = false;
  #window = Number.POSITIVE_INFINITY;
  #acked: Sequence = sequence(0);
  #toldHealth = '';

  constructor(socket: WebSocket, deps: SessionDeps) {
    this.#socket = socket;
    this.#deps = deps;
    this.#pump = new JournalPump({
      journal: deps.journal,
      filter: ALL,
      clock: deps.clock,
      outlet: {
        buffered: () => socket.bufferedAmount,
        room: () => this.#window - (this.#pump.sentTo - this.#acked),
        event: ({ json }) => socket.send(`{"type":"event","event":${json}}`),
        gap: (gap) => {
          this.#send({ type: 'gap', ...gap });
          this.#acked = sequence(gap.to);
        },
        caughtUp: (to) => this.#send({ type: 'caught_up', sequence: to }),
        cut: () => this.#cut('stalled'),
      },
    });
    this.#commands = new CommandInlet(socket, deps.execute);
    this.#pings = new PingWatch(socket);
  }

  /** Serves the open socket until it closes, and what was begun for it is done. Never rejects. */
  async run(): Promise<void> {
    const { clock } = this.#deps;
    this.#socket.on('close', () => this.#abort.abort());
    this.#socket.on('message', (data: RawData) => this.#receive(data));
    const registration = clock.after(REGISTER_TIMEOUT_MS, () => {
      if (!this.#isRegistered) {
        this.#cut('no answer to register');
      }
    });
    const look = clock.every(LOOK_MS, () => this.#tellHealth('if_changed'));
    await serveReader(this.#deps, {
      name: 'controller-link',
      pump: this.#pump,
      signal: this.#abort.signal,
      // The pump begins once the controller has answered.
      begin: () => this.#send({ type: 'register', ...this.#deps.describe() }),
      heartbeat: () => this.#beat(),
      giveUp: () => this.#cut('the store failed'),
    });
    registration.cancel();
    look.cancel();
    await this.#commands.idle();
  }

  #receive(data: RawData): void {
    const { data: frame } = linkControllerFrameSchema.safeParse(parseFrame(data));
    if (frame === undefined || (frame.type !== 'registered' && !this.#isRegistered)) {
      this.#socket.close(CLOSE_CODES.badFrame, 'not a frame that this bridge knows, or not yet');
      return;
    }
    switch (frame.type) {
      case 'registered':
        if (!this.#isRegistered) {
          this.#try('registered', () => this.#begin(frame));
        }
        return;
      case 'ack':
        this.#acknowledge(frame.sequence);
        return;
      case 'command':
        this.#commands.take(frame);
        return;
      default:
        frame satisfies never;
    }
  }

  #begin(frame: Extract<LinkControllerFrame, { type: 'registered' }>): void {
    const { journal, cursor } = this.#deps;
    const oldest = journal.oldest();
    const asked = frame.after ?? cursor.get() ?? oldest - 1;
    const start = startPosition(
      { after: sequence(asked), epoch: frame.epoch ?? null, cursor: null },
      { epoch: journal.epoch, head: journal.head(), oldest },
    );
    this.#acked = start.after;
    this.#window = frame.window ?? Number.POSITIVE_INFINITY;
    this.#isRegistered = true;
    if (start.gap !== null) {
      this.#send({ type: 'gap', ...start.gap });
    }
    this.#deps.onRegistered();
    this.#tellHealth('always');
    this.#pump.begin(start.after);
  }

  /** Acks are cumulative: one that cannot be kept is made good by the next. */
  #acknowledge(to: number): void {
    // An ack beyond what was sent would skip events that the controller never saw.
    if (to <= this.#acked || to > this.#pump.sentTo) {
      return;
    }
    this.#acked = sequence(to);
    this.#try('ack', () => this.#deps.cursor.advance(sequence(to)));
    this.#pump.wake();
  }

  #beat(): void {
    if (!this.#pings.ask()) {
      this.#cut('no answer to pings');
      return;
    }
    if (this.#isRegistered) {
      this.#send(heartbeat(this.#deps));
      this.#tellHealth('always');
    }
  }

  #tellHealth(when: 'always' | 'if_changed'): void {
    if (!this.#isRegistered || this.#socket.bufferedAmount > HIGH_WATER_BYTES) {
      return;
    }
    this.#try('health', () => {
      const mark = this.#deps.reportMark();
      if (when === 'always' || mark !== this.#toldHealth) {
        const { health, usage } = this.#deps.report();
        this.#toldHealth = mark;
        this.#send({ type: 'health', health, ...(usage === null ? {} : { usage }) });
      }
    });
  }

  /** The store may fail at any moment: the link goes on, and what is missing is made good by the next time. */
  #try(what: string, work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#deps.log.warn({ code: errorCode(error), what }, 'The controller could not be told or heard');
      if (!this.#isRegistered) {
        this.#cut('the store failed');
      }
    }
  }

  /** Ends a connection that is of no use: a close frame would wait for an answer. */
  #cut(why: string): void {
    this.#deps.log.warn({ why, sentTo: this.#pump.sentTo }, 'The link to the controller was cut');
    this.#abort.abort();
    this.#socket.terminate();
  }

  #send(frame: Exclude<LinkBridgeFrame, { type: 'event' }>): void {
    this.#socket.send(JSON.stringify(frame));
  }
}
