import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { WebSocketServer, type WebSocket } from 'ws';
import type { WireOutboxItem } from '../contract/index.ts';
import type { Timers } from './timers.ts';

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

/** `'cut'` ends the connection without an answer. */
export type Answer =
  | 'cut'
  | {
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
    };

/** A bridge that answers what it is told to. */
export class ScriptedBridge {
  readonly requests: Request[] = [];
  readonly streams: {
    readonly socket: WebSocket;
    readonly request: IncomingMessage;
    readonly got: string[];
  }[] = [];
  /** What the next requests are answered with; the last again and again. */
  answers: Answer[] = [];
  url = '';
  readonly #server: Server = createServer();
  readonly #sockets = new WebSocketServer({ noServer: true });

  static async start(): Promise<ScriptedBridge> {
    const bridge = new ScriptedBridge();
    await bridge.#start();
    return bridge;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) {
      socket.terminate();
    }
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #start(): Promise<void> {
    this.#server.on('request', (request, response) => {
      let text = '';
      request.on('data', (chunk: Buffer) => {
        text += chunk.toString('utf8');
      });
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        const body: unknown = text === '' ? undefined : JSON.parse(text);
        this.requests.push({ method, path: url, headers, body });
        const [answer] = this.answers.length > 1 ? this.answers.splice(0, 1) : this.answers;
        if (answer === undefined || answer === 'cut') {
          request.socket.destroy();
          return;
        }
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        response.end(JSON.stringify(answer.body ?? {}));
      });
    });
    this.#server.on('upgrade', (request, socket, head) => {
      const [answer] = this.answers;
      if (answer !== undefined && answer !== 'cut') {
        const body = JSON.stringify(answer.body ?? {});
        socket.end(`HTTP/1.1 ${answer.status} No\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
        return;
      }
      this.#sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const got: string[] = [];
        webSocket.on('message', (data: Buffer) => got.push(data.toString('utf8')));
        this.streams.push({ socket: webSocket, request, got });
      });
    });
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    this.url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  }
}

export const error = (status: number, code: string, type = 'bridge_error', more: object = {}): Answer => ({
  status,
  body: { error: { type, code, message: 'No.', ...more }, request_id: 'req_1' },
});

/** An item with one part in a state. */
export function anItem(
  state: WireOutboxItem['state'],
  part: Partial<WireOutboxItem['parts'][number]> = {},
  others: readonly Partial<WireOutboxItem['parts'][number]>[] = [],
): WireOutboxItem {
  return {
    id: 'obx_1',
    status: 'pending',
    state,
    error: null,
    to: '+15550001111',
    chat_id: 'cht_1',
    line_id: 'ln_1',
    service: 'auto',
    parts: [part, ...others].map((fields) => ({ type: 'text', state, error: null, ...fields })),
    attempts: [],
    created_at: 1,
    updated_at: 1,
    expires_at: 2,
    request_id: 'req_1',
  };
}

/** Time that passes at once: whoever waits goes on, and how long it would have been is kept. */
export function instantTimers(): Timers & { readonly waits: number[] } {
  const waits: number[] = [];
  let now = 1_800_000_000_000;
  return {
    waits,
    now: () => now,
    // Timeouts of requests and of silence stand still; pauses end at once.
    after: (ms, run) => {
      if (ms === 30_000) {
        return { cancel: () => undefined };
      }
      waits.push(ms);
      now += ms;
      const immediate = setImmediate(run);
      return { cancel: () => clearImmediate(immediate) };
    },
    every: () => ({ cancel: () => undefined }),
  };
}
