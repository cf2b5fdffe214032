import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { CommandFrame, CommandResult, WireHealth } from '../contract/index.ts';
import { createJournal, createSubscribers, type Journal } from '../events/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createControllerLink, type ControllerLink, type LinkConfig } from './controller-link.ts';

export const NOW = 1_800_000_000_000;
export const TOKEN = 'a-token-of-a-controller';

export interface Frame {
  readonly type: string;
  readonly sequence?: number;
  readonly event?: { readonly sequence: number };
  readonly [field: string]: unknown;
}

/** One connection as the controller sees it. */
export interface Seen {
  readonly socket: WebSocket;
  readonly request: IncomingMessage;
  readonly frames: Frame[];
  readonly closed: Promise<string>;
  send(frame: object): void;
  sequences(): number[];
}

/** A link over a real store and real sockets, to a controller that does nothing by itself. */
export class LinkBench {
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-link-'));
  readonly store: Store = openStore(this.folder);
  readonly clock = new ManualClock(NOW);
  readonly journal: Journal = this.#journal('epoch-1');
  readonly tokenFile = join(this.folder, 'token');
  readonly seen: Seen[] = [];
  readonly executed: CommandFrame[] = [];
  readonly logLines: string[] = [];
  mark = 'as ever';
  /** Nobody answers upgrades at all. */
  isSilent = false;
  /** What an upgrade is answered with in place of a WebSocket. */
  refusal: { readonly status: string; readonly headers?: string } | null = null;
  link: ControllerLink | null = null;
  url = '';
  #close: () => Promise<void> = () => Promise.resolve();

  static async start(tls: { readonly cert: string; readonly key: string } | null = null): Promise<LinkBench> {
    const bench = new LinkBench();
    bench.token(TOKEN, 0o600);
    await bench.#listen(tls);
    return bench;
  }

  token(text: string, mode: number): void {
    rmSync(this.tokenFile, { force: true });
    writeFileSync(this.tokenFile, `${text}\n`, { mode });
  }

  open(options: { readonly config?: Partial<LinkConfig>; readonly epoch?: string } = {}): ControllerLink {
    const { clock, store } = this;
    const health: WireHealth = {
      bridgeId: 'mini-1',
      status: 'healthy',
      messagesAppRunning: true,
      pendingCommands: 0,
      uptime: 1,
      warnings: [],
      version: '1.2.3',
      checked_at: NOW,
    };
    this.link = createControllerLink({
      config: { url: this.url, tokenFile: this.tokenFile, caFile: null, ...options.config },
      journal: options.epoch === undefined ? this.journal : this.#journal(options.epoch),
      subscribers: createSubscribers(store, clock),
      clock,
      log: createLogger('debug', { write: (line) => void this.logLines.push(line) }),
      bridge: {
        id: 'mini-1',
        version: '1.2.3',
        startedAt: clock.now(),
        lines: () => [],
        limits: () => ({ preset: 'balanced', version: 'balanced/1' }),
      },
      report: () => ({ health: { ...health, mark: this.mark }, usage: null }),
      reportMark: () => this.mark,
      healthStatus: () => 'healthy',
      execute: (frame) => {
        this.executed.push(frame);
        const answer: CommandResult = {
          type: 'command_result',
          command_id: frame.command_id,
          result: 'accepted',
        };
        return Promise.resolve(answer);
      },
    });
    this.link.start();
    return this.link;
  }

  happen(count: number, version = '1'): void {
    this.journal.write((append) => {
      for (let index = 0; index < count; index += 1) {
        append({ type: 'bridge.started', version });
      }
    });
  }

  /** The connection number `count`, once it has registered. Time goes on until then, a second at a look. */
  async connection(count: number): Promise<Seen> {
    await this.passes(() => this.seen[count - 1]?.frames[0] !== undefined);
    const seen = this.seen[count - 1];
    if (seen === undefined) {
      throw new Error('it has gone again');
    }
    return seen;
  }

  /** Registers it, with what the controller has. */
  async registered(count: number, fields: object = {}): Promise<Seen> {
    const seen = await this.connection(count);
    seen.send({ type: 'registered', ...fields });
    return seen;
  }

  /** Lets time pass, a second at a look, until it is so. */
  async passes(isSo: () => boolean, stepMs = 1_000): Promise<void> {
    await this.#until(isSo, stepMs);
  }

  /** Waits for what needs no time but that of sockets. */
  async settles(isSo: () => boolean): Promise<void> {
    await this.#until(isSo, 0);
  }

  async close(): Promise<void> {
    const stopping = this.link?.stop();
    let isStopped = false;
    void stopping?.finally(() => {
      isStopped = true;
    });
    if (stopping !== undefined) {
      await this.passes(() => isStopped);
    }
    await this.#close();
    this.store.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #until(isSo: () => boolean, stepMs: number): Promise<void> {
    await vi.waitFor(
      () => {
        if (!isSo()) {
          if (stepMs > 0) {
            this.clock.advance(stepMs);
          }
          throw new Error('it did not come to pass');
        }
      },
      { timeout: 15_000, interval: 2 },
    );
  }

  #journal(epoch: string): Journal {
    return createJournal({ store: this.store, clock: this.clock, bridgeId: 'mini-1', epoch });
  }

  async #listen(tls: { readonly cert: string; readonly key: string } | null): Promise<void> {
    const server = tls === null ? createServer() : createTlsServer(tls);
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (request, socket, head) => {
      if (this.isSilent) {
        // The other end has to notice by itself.
        socket.on('error', () => undefined);
        socket.on('end', () => socket.destroy()).resume();
        return;
      }
      if (this.refusal !== null) {
        socket.end(
          `HTTP/1.1 ${this.refusal.status}\r\nContent-Length: 0\r\n${this.refusal.headers ?? ''}\r\n`,
        );
        return;
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const frames: Frame[] = [];
        webSocket.on('message', (data: Buffer) => {
          const frame: Frame = JSON.parse(data.toString('utf8'));
          frames.push(frame);
        });
        this.seen.push({
          socket: webSocket,
          request,
          frames,
          closed: new Promise((resolve) => {
            webSocket.on('close', (code, reason) => resolve(`${code} ${reason.toString('utf8')}`));
          }),
          send: (frame) => webSocket.send(JSON.stringify(frame)),
          sequences: () => frames.flatMap(({ event }) => event?.sequence ?? []),
        });
      });
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    this.url = `${tls === null ? 'ws' : 'wss'}://127.0.0.1:${port}/bridges`;
    this.#close = async () => {
      for (const socket of sockets.clients) {
        socket.terminate();
      }
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    };
  }
}
