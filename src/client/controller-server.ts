import { createHash, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { CLOSE_CODES, type CommandName, type RegisterFrame } from '../contract/index.ts';
import { MemoryAssignmentStore, type AssignmentStore } from './assignments.ts';
import { BridgeConnection } from './bridge-connection.ts';
import type { EventHandlers } from './bridge-events.ts';
import { BridgeRecord, type BridgeNotice, type BridgeView, type RecordDeps } from './bridge-record.ts';
import type { SendBody } from './client.ts';
import { followItem, ItemWatch } from './follow-item.ts';
import { LinePool, type CapacityNotice, type LinePick } from './line-pool.ts';
import type { CertainFailure } from './outcome.ts';
import type { CommandOutcome } from './pending-commands.ts';
import type { CursorStore } from './cursor-store.ts';
import { poolLines } from './pool-line.ts';
import { systemTimers, type Timers } from './timers.ts';

export interface ControllerOptions extends EventHandlers {
  readonly cursors: CursorStore;
  /** The secret of a bridge's `controller.token_file`: one for all, or one for each (`null` for a bridge that is unknown). */
  readonly token: string | ((bridgeId: string) => string | null);
  /** Bridges that come, go silent, report, or are turned away. */
  readonly onNotice?: (notice: BridgeNotice) => void;
  /** Which line each contact belongs to; forgotten with the process if left out. */
  readonly assignments?: AssignmentStore;
  /** `pool.capacity_low`: nearly every line is past 70 % of its limits, or out of use. */
  readonly onCapacityLow?: (notice: CapacityNotice) => void;
  readonly timers?: Timers;
  /** From 0 to below 1; for tests. */
  readonly random?: () => number;
}

export interface ListenOptions {
  readonly port: number;
  /** 127.0.0.1 if left out. */
  readonly host?: string;
  /** Without it only for bridges of this machine, or behind a proxy that adds TLS. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export interface CommandOptions {
  /** Names the command over all tries; drawn if left out. Keep it where the program may be started anew. */
  readonly commandId?: string;
  /** Unix ms: a bridge that gets it later drops it. A minute from now if left out, for messages an hour. */
  readonly expiresAt?: number;
  /** Ends the waiting for the answer. */
  readonly signal?: AbortSignal;
}

export interface ControllerSendOptions extends CommandOptions {
  /**
   * Called once, when it is certain that the contact was not reached by this bridge. Never for what is `unknown`, was
   * canceled, or is meant for a contact who asked for no more messages.
   */
  readonly onCertainFailure?: (failure: CertainFailure) => void | Promise<void>;
}

/** A register comes at once; who has none to show is not let wait. */
const REGISTER_MS = 5_000;
const LOOK_MS = 1_000;
/** An event holds a text of 64 KiB at most, and what goes with it. */
const MAX_FRAME_BYTES = 4_194_304;
const COMMAND_MS = 60_000;
const MESSAGE_MS = 3_600_000;
const BEARER = /^Bearer +(\S+)$/iu;

/** The program that many bridges report to: lets them in, takes their events, and gives them commands. */
export class ControllerServer {
  readonly #options: ControllerOptions;
  readonly #timers: Timers;
  readonly #records = new Map<string, BridgeRecord>();
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
  });
  readonly #watch: { cancel(): void };
  readonly #items = new ItemWatch();
  readonly #deps: RecordDeps;
  readonly #pool: LinePool;
  #server: Server | null = null;
  #isClosed = false;

  constructor(options: ControllerOptions) {
    this.#options = options;
    this.#timers = options.timers ?? systemTimers;
    this.#deps = {
      cursors: options.cursors,
      timers: this.#timers,
      onNotice: (notice) => options.onNotice?.(notice),
      handlers: {
        ...options,
        onEvent: async (event, context) => {
          await options.onEvent(event, context);
          if (event.type === 'command.updated') {
            this.#items.note(`${context.bridgeId}/${event.data.id}`, event.data);
          }
        },
      },
    };
    this.#pool = new LinePool({
      ...options,
      assignments: options.assignments ?? new MemoryAssignmentStore(),
      lines: () => poolLines(this),
    });
    this.#watch = this.#timers.every(LOOK_MS, () => {
      for (const record of this.#records.values()) {
        record.look();
      }
      this.#pool.look();
    });
  }

  /** Listens by itself. @returns the address for `controller.url` */
  async listen(options: ListenOptions): Promise<{ readonly url: string }> {
    const { host = '127.0.0.1', port, tls } = options;
    const server = tls === undefined ? createServer() : createTlsServer(tls);
    server.on('request', (_request, response) => {
      response.writeHead(426, { connection: 'close', upgrade: 'websocket' }).end();
    });
    server.on('upgrade', (request, socket, head) => this.handleUpgrade(request, socket, head));
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    const address = server.address();
    const actual = typeof address === 'object' && address !== null ? address.port : port;
    const name = host.includes(':') ? `[${host}]` : host;
    return { url: `${tls === undefined ? 'ws' : 'wss'}://${name}:${actual}` };
  }

  /** For programs with a server of their own: call it for upgrades of the path that is meant for bridges. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    const { token: expected } = this.#options;
    if (this.#isClosed || token === undefined || (typeof expected === 'string' && !equals(token, expected))) {
      const status = this.#isClosed ? '503 Service Unavailable' : '401 Unauthorized';
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    this.#sockets.handleUpgrade(request, socket, head, (webSocket) => this.#meet(webSocket, token));
  }

  /** Every bridge that has ever registered with this program since it was started. */
  bridges(): readonly BridgeView[] {
    return [...this.#records.values()].flatMap((record) => record.view() ?? []);
  }

  /** What is known of one bridge; `null` before it has registered. */
  bridge(bridgeId: string): BridgeView | null {
    return this.#records.get(bridgeId)?.view() ?? null;
  }

  /** How a bridge is: its last report, with whether it still reports. */
  health(
    bridgeId: string,
  ): Pick<BridgeView, 'isOnline' | 'since' | 'health' | 'usage' | 'reportedAt'> | null {
    return this.bridge(bridgeId);
  }

  /**
   * The line that a contact is written to from, of all bridges: always the same as long as that can be, a new one by what
   * is left of each.
   * @param contact a number in international form, or an e-mail address
   * @param kind `reply` to a contact who waits, or `outreach`
   * @returns `null` where no line may take a new contact now
   */
  pickLine(contact: string, kind: 'reply' | 'outreach' = 'outreach'): LinePick | null {
    return this.#pool.pickLine(contact, kind);
  }

  /**
   * Gives a bridge a command and waits for its answer, over as many connections as that takes. Under one id it is
   * carried out once.
   */
  command(
    bridgeId: string,
    command: CommandName,
    body: unknown,
    options: CommandOptions = {},
  ): Promise<CommandOutcome> {
    if (this.#isClosed) {
      return Promise.resolve({ result: 'not_sent' });
    }
    const lifetime = command === 'message.send' ? MESSAGE_MS : COMMAND_MS;
    return this.#record(bridgeId).commands.add(
      {
        type: 'command',
        command_id: options.commandId ?? randomUUID(),
        command,
        body,
        expires_at: options.expiresAt ?? Math.round(this.#timers.now() + lifetime),
      },
      options.signal,
    );
  }

  /** Has a bridge send a text. What becomes of it then comes as `command.updated`, and decides on `onCertainFailure`. */
  async send(bridgeId: string, body: SendBody, options: ControllerSendOptions = {}): Promise<CommandOutcome> {
    const outcome = await this.command(bridgeId, 'message.send', body, options);
    const { onCertainFailure } = options;
    if (onCertainFailure !== undefined) {
      await followItem({
        outcome,
        onCertainFailure,
        watch: (itemId, listener) => this.#items.watch(`${bridgeId}/${itemId}`, listener),
        onProblem: (error) => this.#options.onProblem?.(error, bridgeId),
      });
    }
    return outcome;
  }

  /** Lets no bridge in any more, ends the connections, and resolves when no handler runs and the cursors are saved. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#watch.cancel();
    await Promise.all([...this.#records.values()].map((record) => record.close()));
    for (const socket of this.#sockets.clients) {
      socket.terminate();
    }
    const server = this.#server;
    if (server !== null) {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      await closed;
    }
  }

  #record(bridgeId: string): BridgeRecord {
    let record = this.#records.get(bridgeId);
    if (record === undefined) {
      record = new BridgeRecord(bridgeId, this.#deps);
      this.#records.set(bridgeId, record);
    }
    return record;
  }

  /** A socket whose bridge has not said yet who it is. */
  #meet(socket: WebSocket, token: string): void {
    const connection = new BridgeConnection(socket, this.#timers);
    const timer = this.#timers.after(REGISTER_MS, () =>
      connection.close(CLOSE_CODES.badFrame, 'register expected'),
    );
    let hasRegistered = false;
    const refuse = () => {
      timer.cancel();
      connection.close(CLOSE_CODES.badFrame, 'register expected');
    };
    connection.listen({
      onRegister: (frame) => {
        if (hasRegistered) {
          return;
        }
        hasRegistered = true;
        timer.cancel();
        if (this.#mayBe(frame, token)) {
          void this.#record(frame.bridge_id).admit(connection, frame);
        } else {
          connection.close(CLOSE_CODES.unauthenticated, 'wrong token for this bridge id');
        }
      },
      onBeat: () => undefined,
      onEvent: refuse,
      onUnrecognized: refuse,
      onGap: refuse,
      onCaughtUp: refuse,
      onHealth: refuse,
      onResult: refuse,
      onClose: () => timer.cancel(),
    });
  }

  #mayBe({ bridge_id: bridgeId }: RegisterFrame, token: string): boolean {
    const { token: expected } = this.#options;
    const own = typeof expected === 'string' ? expected : expected(bridgeId);
    return own !== null && equals(token, own);
  }
}

/** In a time that tells nothing of where they differ. */
function equals(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text, 'utf8').digest();
  return timingSafeEqual(digest(one), digest(other));
}
