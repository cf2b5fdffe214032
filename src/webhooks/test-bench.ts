import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { vi } from 'vitest';
import { keepLog, noteCanaries } from '../../test/support/kept-logs.ts';
import { anInbound } from '../../test/support/message.ts';
import { chatRef, handle, messageGuid, type BridgeEvent } from '../domain/index.ts';
import { createJournal, type Journal } from '../events/index.ts';
import { createLogger, ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import type { EndpointSettings } from './endpoint.ts';
import type { Resolve } from './post.ts';
import { startReceiver, type Receiver } from './test-receiver.ts';
import { createWebhooks, type WebhookConfig, type Webhooks } from './webhooks.ts';

/** The schedule of the product, in ms. */
export const PAUSES = [5, 30, 120, 600, 3_600, 10_800, 28_800, 86_400].map((seconds) => seconds * 1000);
export const TIMEOUT_MS = 15_000;
export const LINE = handle('+15559990000');

export const until = (check: () => void | Promise<void>) =>
  vi.waitFor(check, { timeout: 20_000, interval: 2 });

/** Webhooks over a real store and journal, on a clock that is stepped, with receivers on real sockets. */
export class WebhookBench {
  readonly clock = new ManualClock(1_800_000_000_000);
  readonly folder = mkdtempSync(join(tmpdir(), 'blueline-webhooks-'));
  readonly logLines: string[] = [];
  readonly store: Store = openStore(this.folder);
  readonly journal: Journal = createJournal({
    store: this.store,
    clock: this.clock,
    bridgeId: 'mini-1',
    epoch: 'e1',
  });
  webhooks: Webhooks;
  readonly #config: Partial<WebhookConfig>;
  readonly #resolve: Resolve | undefined;
  readonly #receivers: Receiver[] = [];
  #told = 0;

  constructor(config: Partial<WebhookConfig> = {}, resolve?: Resolve) {
    this.#config = config;
    this.#resolve = resolve;
    this.webhooks = this.#open();
  }

  async receiver(): Promise<Receiver> {
    const made = await startReceiver(this.clock);
    this.#receivers.push(made);
    return made;
  }

  create(url: string, settings: Partial<EndpointSettings> = {}): { id: string; secret: string } {
    const { endpoint, secret } = this.webhooks.create({
      url,
      profile: 'standard',
      events: null,
      lines: null,
      includeBackfilled: false,
      description: null,
      ...settings,
    });
    noteCanaries(secret);
    return { id: endpoint.id, secret };
  }

  /** Messages arrive, one after the other, in the chats of these people. */
  receive(...people: readonly string[]): void {
    this.journal.write((append) => {
      for (const person of people) {
        append(this.received(person));
      }
    });
  }

  received(person: string, fields: Parameters<typeof anInbound>[0] = {}): BridgeEvent {
    this.#told += 1;
    const message = anInbound({
      guid: messageGuid(`G${this.#told}`),
      chat: chatRef('direct', person),
      sender: handle(person),
      line: LINE,
      text: `text ${this.#told} ✓`,
      ...fields,
    });
    return { type: 'message.received', message, origin: null, isLate: false };
  }

  /** What is listed of an endpoint, oldest first, as `type state attempts`. */
  listed(id: string, limit = 200): readonly string[] {
    return this.webhooks
      .deliveries(id, { state: null, before: null, limit })
      .map(({ eventType, state, attempts }) => `${eventType} ${state} ${attempts.length}`)
      .toReversed();
  }

  /** Resolves when these endpoints have read all that there is, and have nothing left to do. */
  async idle(...ids: readonly string[]): Promise<void> {
    await until(() => {
      const busy = ids.filter((id) => {
        const endpoint = this.webhooks.get(id);
        return endpoint?.pending !== 0 || endpoint.cursor !== this.journal.head();
      });
      if (busy.length > 0) {
        throw new Error(`${busy.join(', ')} have more to do`);
      }
    });
  }

  /** The process ends and starts again, on the same store. */
  async restart(): Promise<void> {
    await this.webhooks.stop();
    this.webhooks = this.#open();
  }

  async close(): Promise<void> {
    const stopping = this.webhooks.stop();
    this.clock.advance(2_000);
    await stopping;
    await Promise.all(this.#receivers.map((receiver) => receiver.close()));
    this.store.close();
    keepLog(`webhooks-${process.pid}`, this.logLines.join(''));
    rmSync(this.folder, { recursive: true });
  }

  #open(): Webhooks {
    const webhooks = createWebhooks({
      store: this.store,
      journal: this.journal,
      clock: this.clock,
      log: createLogger('debug', { write: (line) => void this.logLines.push(line) }),
      bridgeId: 'mini-1',
      version: '0.0.0',
      config: {
        rules: { allowPlain: false, allowPrivate: false },
        timeoutMs: TIMEOUT_MS,
        concurrency: 8,
        pausesMs: PAUSES,
        disableAfterMs: 36 * 3_600_000,
        logMs: 7 * 86_400_000,
        overlapMs: 86_400_000,
        ...this.#config,
      },
      ...(this.#resolve === undefined ? {} : { resolve: this.#resolve }),
    });
    webhooks.start();
    return webhooks;
  }
}
