import type { ServerResponse } from 'node:http';
import type { Sequence } from '../domain/index.ts';
import { HIGH_WATER_BYTES, JournalPump } from './journal-pump.ts';
import type { JournalFilter } from './journal.ts';
import { opening, serveReader, type StreamContext } from './serve-reader.ts';

/** How soon a client should connect again. */
const RETRY_MS = 1_000;

export interface SseRequest extends JournalFilter {
  readonly after: Sequence | null;
  readonly epoch: string | null;
}

/**
 * One reader over Server-Sent Events (WHATWG HTML, "server-sent events"): each event of the journal is a message whose id
 * is `<epoch>/<sequence>`, so that `Last-Event-ID` leads back to it; `hello`, `gap` and `caught_up` are events of their own
 * names. Heartbeats are comments. A reader that takes nothing is cut.
 */
export class SseStream {
  readonly #response: ServerResponse;
  readonly #request: SseRequest;
  readonly #context: StreamContext;
  readonly #abort = new AbortController();
  readonly #pump: JournalPump;

  /** @param response whose head has been written */
  constructor(response: ServerResponse, request: SseRequest, context: StreamContext) {
    this.#response = response;
    this.#request = request;
    this.#context = context;
    const { journal, clock, log } = context;
    this.#pump = new JournalPump({
      journal,
      filter: request,
      clock,
      outlet: {
        buffered: () => response.writableLength,
        event: ({ sequence, json }) => this.#write(`id: ${journal.epoch}/${sequence}\ndata: ${json}\n\n`),
        gap: (gap) => this.#send('gap', gap),
        caughtUp: (to) => this.#send('caught_up', { sequence: to }),
        cut: () => {
          log.warn({ sentTo: this.#pump.sentTo }, 'A reader of server-sent events was cut');
          response.destroy();
        },
      },
    });
  }

  /** Serves the reader until its connection ends. Never rejects. */
  async run(): Promise<void> {
    this.#response.on('close', () => this.#abort.abort());
    this.#response.on('error', () => this.#abort.abort());
    await serveReader(this.#context, {
      name: 'sse-stream',
      pump: this.#pump,
      signal: this.#abort.signal,
      begin: () => this.#begin(),
      heartbeat: () => this.#heartbeat(),
      giveUp: () => this.close('store_unavailable'),
    });
  }

  /** Says why, and ends. */
  close(reason: string): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) {
      this.#send('end', { reason });
      this.#response.end();
    }
    this.#abort.abort();
  }

  #begin(): void {
    const { after, epoch } = this.#request;
    const { hello, start } = opening(this.#context, { after, epoch, cursor: null });
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#send('hello', hello);
    if (start.gap !== null) {
      this.#send('gap', start.gap);
    }
    this.#pump.begin(start.after);
  }

  #heartbeat(): void {
    if (this.#response.writableLength <= HIGH_WATER_BYTES) {
      this.#write(`: heartbeat ${this.#context.journal.head()} ${this.#context.healthStatus()}\n\n`);
    }
  }

  #send(name: string, body: object): void {
    this.#write(`event: ${name}\ndata: ${JSON.stringify(body)}\n\n`);
  }

  #write(text: string): void {
    if (!this.#response.writableEnded && !this.#response.destroyed) {
      this.#response.write(text);
    }
  }
}
