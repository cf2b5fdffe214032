import type { ServerResponse } from 'node:http';
import { API_VERSION } from '../contract/index.ts';
import type { Sequence } from '../domain/index.ts';
import { errorCode, superviseLoop } from '../runtime/index.ts';
import { HIGH_WATER_BYTES, JournalPump } from './journal-pump.ts';
import type { JournalFilter } from './journal.ts';
import { startPosition } from './start-position.ts';
import type { StreamContext } from './stream.ts';

/** Comments go so often, so that a proxy or a client can tell a quiet line from a dead one. */
const HEARTBEAT_MS = 15_000;
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
    const { journal, clock, log } = this.#context;
    const unlisten = journal.onAppend(() => this.#pump.wake());
    const heartbeat = clock.every(HEARTBEAT_MS, () => this.#heartbeat());
    this.#response.on('close', () => this.#abort.abort());
    this.#response.on('error', () => this.#abort.abort());
    try {
      this.#begin();
    } catch (error) {
      log.warn({ code: errorCode(error) }, 'A reader could not be served, because the store failed');
      this.close('store_unavailable');
    }
    await superviseLoop({
      name: 'sse-stream',
      clock,
      log,
      signal: this.#abort.signal,
      body: (signal) => this.#pump.turn(signal),
      onFailure: () => this.#pump.wake(),
    });
    heartbeat.cancel();
    unlisten();
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
    const { journal, bridgeId } = this.#context;
    const head = journal.head();
    const oldest = journal.oldest();
    this.#write(`retry: ${RETRY_MS}\n\n`);
    this.#send('hello', {
      bridge_id: bridgeId,
      epoch: journal.epoch,
      head_sequence: head,
      oldest_sequence: oldest,
      versions: [API_VERSION],
    });
    const start = startPosition(
      { after: this.#request.after, epoch: this.#request.epoch, cursor: null },
      { epoch: journal.epoch, head, oldest },
    );
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
