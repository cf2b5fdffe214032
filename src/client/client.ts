import { randomUUID } from 'node:crypto';
import type { z } from 'zod';
import {
  healthSchema,
  lineSchema,
  list,
  outboxItemSchema,
  usageSchema,
  type sendMessageBody,
  type WireHealth,
  type WireLine,
  type WireOutboxItem,
  type WireUsage,
} from '../contract/index.ts';
import { ApiError } from './errors.ts';
import { followEvents, type EventsOptions, type StreamItem } from './event-stream.ts';
import { refusalOf, verdictOf, type CertainFailure } from './outcome.ts';
import { request, type Call, type RestOptions } from './rest.ts';
import { pause, systemTimers } from './timers.ts';

export interface ClientOptions extends Partial<Omit<RestOptions, 'url' | 'key'>> {
  /** Of the bridge, such as `http://127.0.0.1:5463`. */
  readonly url: string;
  /** `blk_…`; without one only `/health` of a bridge on this machine can be asked. */
  readonly key?: string;
}

export type SendBody = z.input<typeof sendMessageBody>;

export interface SendOptions {
  /** The name under which it can be repeated; drawn if left out. Keep it where the program may be started anew. */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
  /**
   * Called once, when it is certain that the contact was not reached by this bridge: the moment for another provider.
   * Never called for what is `unknown`, for what was canceled, and for a contact who asked for no more messages.
   */
  readonly onCertainFailure?: (failure: CertainFailure) => void | Promise<void>;
  /** How often the item is looked at; 2 s if left out. */
  readonly pollMs?: number;
}

export interface Sent {
  /** As it was when it was accepted. */
  readonly item: WireOutboxItem;
  /** The item at its end: sent, failed, or `unknown` for good. Rejects only where the signal aborts. */
  readonly settled: Promise<WireOutboxItem>;
}

export interface PollHealthOptions {
  /** 15 s if left out. */
  readonly intervalMs?: number;
  readonly signal?: AbortSignal;
}

export type HealthReport =
  | { readonly reached: true; readonly health: WireHealth; readonly at: number }
  | { readonly reached: false; readonly error: unknown; readonly at: number };

/** A program's side of one bridge. */
export class BluelineClient {
  readonly #options: RestOptions;

  constructor(options: ClientOptions) {
    this.#options = {
      timers: systemTimers,
      fetch: globalThis.fetch,
      retries: 4,
      timeoutMs: 30_000,
      maxWaitMs: 60_000,
      ...options,
      key: options.key ?? null,
    };
  }

  /**
   * Any route of `/v1`, with an answer that is checked.
   * @throws ApiError, ConnectionError
   */
  request<T extends z.ZodType>(call: Call<T>): Promise<z.output<T>> {
    return request(this.#options, call);
  }

  /**
   * Has a text or files sent. Resolves once the bridge has stored it; then nothing can make two messages of it.
   * @throws ApiError where the bridge refuses, ConnectionError where no answer came (it may have been accepted: send
   * again under the same key)
   */
  async send(body: SendBody, options: SendOptions = {}): Promise<Sent> {
    const { idempotencyKey = body.client_message_id ?? randomUUID(), signal, onCertainFailure } = options;
    let item: WireOutboxItem;
    try {
      item = await this.request({
        method: 'POST',
        path: '/v1/messages',
        body,
        answer: outboxItemSchema,
        idempotencyKey,
        signal,
      });
    } catch (error) {
      const failure = error instanceof ApiError && !error.mayHaveArrived ? refusalOf(error.detail) : null;
      if (failure !== null) {
        await onCertainFailure?.(failure);
      }
      throw error;
    }
    let following: Promise<WireOutboxItem> | null = null;
    const follow = () => (following ??= this.#follow(item, options));
    if (onCertainFailure !== undefined) {
      // Whoever wants to know hears of it by `settled`; nobody has to.
      follow().catch(() => undefined);
    }
    return {
      item,
      get settled() {
        return follow();
      },
    };
  }

  outboxItem(id: string, signal?: AbortSignal): Promise<WireOutboxItem> {
    return this.request({
      method: 'GET',
      path: `/v1/outbox/${encodeURIComponent(id)}`,
      answer: outboxItemSchema,
      signal,
    });
  }

  /** @throws ApiError `outbox_item_not_cancelable` */
  cancel(id: string, signal?: AbortSignal): Promise<WireOutboxItem> {
    return this.request({
      method: 'DELETE',
      path: `/v1/outbox/${encodeURIComponent(id)}`,
      answer: outboxItemSchema,
      signal,
    });
  }

  async lines(signal?: AbortSignal): Promise<readonly WireLine[]> {
    const answer = list(lineSchema);
    return (await this.request({ method: 'GET', path: '/v1/lines', answer, signal })).data;
  }

  /** @param line its `ln_…` id or its address */
  usage(line: string, signal?: AbortSignal): Promise<WireUsage> {
    const path = `/v1/lines/${encodeURIComponent(line)}/usage`;
    return this.request({ method: 'GET', path, answer: usageSchema, signal });
  }

  /** 503 carries the same body: an unhealthy bridge is an answer. */
  health(signal?: AbortSignal): Promise<WireHealth> {
    return this.request({
      method: 'GET',
      path: '/health',
      answer: healthSchema,
      alsoGood: [503],
      signal,
    });
  }

  /** Health, again and again, until the signal aborts. That a bridge cannot be reached is a report, too. */
  async *pollHealth(options: PollHealthOptions = {}): AsyncGenerator<HealthReport, void, undefined> {
    const { intervalMs = 15_000, signal } = options;
    const { timers } = this.#options;
    const isEnded = () => signal?.aborted === true;
    while (!isEnded()) {
      const report = await this.health(signal).then(
        (health): HealthReport => ({ reached: true, health, at: timers.now() }),
        (error: unknown): HealthReport => ({ reached: false, error, at: timers.now() }),
      );
      if (isEnded()) {
        return;
      }
      yield report;
      await pause(timers, intervalMs, signal);
    }
  }

  /**
   * Everything that happens, each event once and in order, for as long as the signal lets it: after a break it goes on
   * behind the last one.
   * @throws ApiError where the key or the request is refused
   */
  events(options: EventsOptions = {}): AsyncGenerator<StreamItem, void, undefined> {
    return followEvents(this.#options, options);
  }

  async #follow(accepted: WireOutboxItem, options: SendOptions): Promise<WireOutboxItem> {
    const { signal, pollMs = 2_000, onCertainFailure } = options;
    let item = accepted;
    for (;;) {
      const verdict = verdictOf(item);
      if (verdict.end !== 'open') {
        if (verdict.end === 'failed') {
          await onCertainFailure?.(verdict.failure);
        }
        return item;
      }
      await pause(this.#options.timers, pollMs, signal);
      signal?.throwIfAborted();
      try {
        item = await this.outboxItem(item.id, signal);
      } catch (error) {
        signal?.throwIfAborted();
        // A key that may not look any more will not be let look later either; all else passes.
        if (error instanceof ApiError && error.status < 500 && error.status !== 429) {
          throw error;
        }
      }
    }
  }
}
