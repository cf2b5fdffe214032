import { WebSocket, type RawData } from 'ws';
import { z } from 'zod';
import { CLOSE_CODES, errorSchema, eventSchema, gapSchema, type Gap } from '../contract/index.ts';
import { ApiError } from './errors.ts';
import { ItemQueue } from './item-queue.ts';
import { parseFrame, parseJson } from './parse-json.ts';
import type { RestOptions } from './rest.ts';
import { backoff, pause } from './timers.ts';

export type BluelineEvent = z.output<typeof eventSchema>;

export type StreamItem =
  | { readonly kind: 'event'; readonly event: BluelineEvent }
  /** An event of a type that this version of the client does not know. */
  | { readonly kind: 'unrecognized'; readonly sequence: number; readonly raw: unknown }
  /** Events that cannot be read any more; what follows begins with the oldest that can. */
  | { readonly kind: 'gap'; readonly gap: Gap }
  /** The replay has ended; what follows is live. */
  | { readonly kind: 'caught_up'; readonly sequence: number };

export interface EventsOptions {
  /** Only what came after this sequence; from the head on if left out. */
  readonly after?: number;
  /** The epoch that `after` counts in. */
  readonly epoch?: string;
  readonly types?: readonly string[];
  /** Ids or addresses of lines. */
  readonly lines?: readonly string[];
  /** A name under which the bridge keeps how far the program has come: each item is acked when the next is asked for. */
  readonly subscriber?: string;
  readonly signal?: AbortSignal;
}

/** The bridge sends a heartbeat each 15 s; without any for so long, the connection is dead. */
const SILENCE_MS = 40_000;
/** How long the bridge may take to let a connection in. */
const HANDSHAKE_MS = 10_000;
/** Items that may wait for the program; then the socket is read no further. */
const MAX_WAITING = 500;
/** What a refusal at the upgrade may say. */
const REFUSAL_BYTES = 65_536;
/** Close codes after which the same key would be refused again. */
const KEY_ENDED: ReadonlyMap<number, string> = new Map([
  [CLOSE_CODES.unauthenticated, 'invalid_api_key'],
  [CLOSE_CODES.forbidden, 'insufficient_scope'],
]);

const headSchema = z.looseObject({ type: z.string(), sequence: z.int() });
const frameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    epoch: z.string(),
    head_sequence: z.int(),
    oldest_sequence: z.int(),
  }),
  z.object({ type: z.literal('event'), event: z.unknown() }),
  z.object({ type: z.literal('caught_up'), sequence: z.int() }),
  gapSchema.extend({ type: z.literal('gap') }),
]);

/** Where reading goes on after a break. */
interface Position {
  after: number | null;
  epoch: string | null;
}

/** See `BluelineClient.events`. */
export async function* followEvents(
  rest: RestOptions,
  options: EventsOptions,
): AsyncGenerator<StreamItem, void, undefined> {
  const stop = new AbortController();
  const onAbort = () => stop.abort();
  options.signal?.addEventListener('abort', onAbort, { once: true });
  if (options.signal?.aborted === true) {
    return;
  }
  const queue = new ItemQueue<StreamItem>(MAX_WAITING);
  const acks: { send: ((sequence: number) => void) | null } = { send: null };
  const reading = keepReading(rest, options, queue, acks, stop.signal).then(
    () => queue.end(),
    (error: unknown) => queue.fail(error),
  );
  try {
    for (;;) {
      const next = await queue.take(stop.signal);
      if (next === null) {
        return;
      }
      yield next;
      const done = sequenceOf(next);
      if (done !== null) {
        acks.send?.(done);
      }
    }
  } finally {
    stop.abort();
    options.signal?.removeEventListener('abort', onAbort);
    await reading;
  }
}

async function keepReading(
  rest: RestOptions,
  options: EventsOptions,
  queue: ItemQueue<StreamItem>,
  acks: { send: ((sequence: number) => void) | null },
  signal: AbortSignal,
): Promise<void> {
  const position: Position = { after: options.after ?? null, epoch: options.epoch ?? null };
  let failures = 0;
  while (!signal.aborted) {
    const wasOpen = await readOnce(rest, options, { position, queue, acks, signal });
    failures = wasOpen ? 1 : failures + 1;
    await pause(rest.timers, backoff(failures, 200, 10_000), signal);
  }
}

/**
 * One connection, from dialling to its end.
 * @returns whether it was open
 * @throws ApiError where trying again would not help
 */
function readOnce(
  rest: RestOptions,
  options: EventsOptions,
  state: {
    readonly position: Position;
    readonly queue: ItemQueue<StreamItem>;
    readonly acks: { send: ((sequence: number) => void) | null };
    readonly signal: AbortSignal;
  },
): Promise<boolean> {
  const { position, queue, acks, signal } = state;
  const socket = new WebSocket(streamUrl(rest.url, position, options), {
    headers: rest.key === null ? {} : { authorization: `Bearer ${rest.key}` },
    perMessageDeflate: false,
  });
  return new Promise((resolve, reject) => {
    let wasOpen = false;
    let heardAt = rest.timers.now();
    const end = () => socket.terminate();
    // While the program is behind, nothing is read, and silence tells nothing.
    const watch = rest.timers.every(1_000, () => {
      if (socket.isPaused) {
        heardAt = rest.timers.now();
      } else if (rest.timers.now() - heardAt > (wasOpen ? SILENCE_MS : HANDSHAKE_MS)) {
        socket.terminate();
      }
    });
    const unlisten = queue.onRoom(() => socket.resume());
    signal.addEventListener('abort', end, { once: true });
    socket.on('open', () => {
      wasOpen = true;
      heardAt = rest.timers.now();
      acks.send = (sequence) => {
        if (options.subscriber !== undefined && socket.readyState === socket.OPEN) {
          socket.send(JSON.stringify({ type: 'ack', sequence }));
        }
      };
    });
    socket.on('ping', () => {
      heardAt = rest.timers.now();
    });
    socket.on('message', (data: RawData) => {
      heardAt = rest.timers.now();
      const frame = frameSchema.safeParse(parseFrame(data));
      for (const item of frame.success ? receive(frame.data, position, options) : []) {
        if (!queue.put(item)) {
          socket.pause();
        }
      }
    });
    // What became of it is told by `close`.
    socket.on('error', () => undefined);
    socket.on('unexpected-response', (_request, response) => {
      const status = response.statusCode ?? 0;
      let text = '';
      response.on('data', (chunk: Buffer) => {
        text += text.length < REFUSAL_BYTES ? chunk.toString('utf8') : '';
      });
      response.on('close', () => {
        socket.terminate();
        if (status >= 400 && status < 500 && status !== 408 && status !== 429) {
          reject(refusal(status, text));
        }
      });
    });
    socket.on('close', (code) => {
      watch.cancel();
      unlisten();
      acks.send = null;
      signal.removeEventListener('abort', end);
      const reason = KEY_ENDED.get(code);
      if (reason === undefined) {
        resolve(wasOpen);
      } else {
        reject(
          new ApiError(
            code,
            { type: 'authentication_error', code: reason, message: 'The bridge has ended the stream.' },
            null,
          ),
        );
      }
    });
  });
}

function receive(
  frame: z.output<typeof frameSchema>,
  position: Position,
  options: EventsOptions,
): StreamItem[] {
  switch (frame.type) {
    case 'hello':
      // Sequences of another epoch mean nothing in this one; all of it is about to come.
      if (position.epoch !== null && position.epoch !== frame.epoch) {
        position.after = frame.oldest_sequence - 1;
      }
      position.epoch = frame.epoch;
      if (options.subscriber === undefined) {
        position.after ??= frame.head_sequence;
      }
      return [];
    case 'event': {
      const head = headSchema.safeParse(frame.event);
      if (!head.success || head.data.sequence <= (position.after ?? -1)) {
        return [];
      }
      position.after = head.data.sequence;
      const parsed = eventSchema.safeParse(frame.event);
      return [
        parsed.success
          ? { kind: 'event', event: parsed.data }
          : { kind: 'unrecognized', sequence: head.data.sequence, raw: frame.event },
      ];
    }
    case 'caught_up':
      position.after = Math.max(position.after ?? 0, frame.sequence);
      return [{ kind: 'caught_up', sequence: frame.sequence }];
    case 'gap': {
      const { type: _type, ...gap } = frame;
      // What follows begins at the oldest: behind the gap, or at the very beginning of a journal that is shorter.
      position.after = frame.reason === 'retention' ? frame.to : 0;
      return [{ kind: 'gap', gap }];
    }
    default:
      return frame satisfies never;
  }
}

function sequenceOf(item: StreamItem): number | null {
  switch (item.kind) {
    case 'event':
      return item.event.sequence;
    case 'unrecognized':
    case 'caught_up':
      return item.sequence;
    case 'gap':
      return null;
    default:
      return item satisfies never;
  }
}

function streamUrl(base: string, position: Position, options: EventsOptions): string {
  const query = new URLSearchParams();
  const set = (name: string, value: string | number | null | undefined) => {
    if (value !== null && value !== undefined) {
      query.set(name, String(value));
    }
  };
  set('after', position.after);
  set('epoch', position.epoch);
  set('types', options.types?.join(','));
  set('lines', options.lines?.join(','));
  set('subscriber', options.subscriber);
  const asked = query.toString();
  const path = `${base.replace(/\/+$/u, '').replace(/^http/u, 'ws')}/v1/events/stream`;
  return asked === '' ? path : `${path}?${asked}`;
}

function refusal(status: number, text: string): ApiError {
  const parsed = errorSchema.safeParse(parseJson(text));
  return new ApiError(
    status,
    parsed.success
      ? parsed.data.error
      : { type: 'bridge_error', code: `status_${status}`, message: `Status ${status}.` },
    parsed.success ? parsed.data.request_id : null,
  );
}
