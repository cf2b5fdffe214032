import type { IncomingMessage } from 'node:http';
import { WebSocket, type RawData } from 'ws';
import { z } from 'zod';
import { backoffMs, sleep } from '../runtime/index.ts';
import { refusal, requireKey, unreachable } from './api-client.ts';
import { EXIT } from './exit-codes.ts';
import { CliError } from './failure.ts';
import { findDaemon } from './find-daemon.ts';
import type { Session } from './session.ts';
import { parseJson } from './parse-json.ts';

/** The daemon sends a heartbeat each 15 s; without any for so long, the connection is dead. */
const SILENCE_MS = 40_000;
const BACKOFF = { firstMs: 200, limitMs: 10_000, jitter: 0.2 };
/** Close codes after which the same key would be refused again. */
const KEY_ENDED: ReadonlySet<number> = new Set([4401, 4403]);
/** An error that comes with a refusal is short. */
const REFUSAL_BYTES = 65_536;

// Loose on purpose: what a newer daemon adds must not end the stream.
const gapSchema = z.object({ from: z.int(), to: z.int(), reason: z.string() });
const eventHead = z.looseObject({ type: z.string(), sequence: z.int() });
const frameSchema = z.discriminatedUnion('type', [
  z.object({
    type: z.literal('hello'),
    epoch: z.string(),
    head_sequence: z.int(),
    oldest_sequence: z.int(),
  }),
  z.object({ type: z.literal('event'), event: eventHead }),
  z.object({ type: z.literal('caught_up'), sequence: z.int() }),
  gapSchema.extend({ type: z.literal('gap') }),
]);

export type FeedEvent = z.infer<typeof eventHead>;
export type FeedGap = z.infer<typeof gapSchema>;

export interface FeedReader {
  onEvent(event: FeedEvent): void;
  onGap(gap: FeedGap): void;
  onCaughtUp(sequence: number): void;
  /** The connection broke; it is tried again. Told once per break. */
  onBreak(): void;
}

/** `types` and `lines` with commas between; `null` for all. */
interface Wanted {
  readonly after: number | null;
  readonly types: string | null;
  readonly lines: string | null;
}

/** Where reading goes on after a break: behind this sequence of this epoch. */
interface Position {
  after: number | null;
  epoch: string | null;
}

type Ending =
  | { readonly end: 'closed'; readonly wasOpen: boolean }
  | { readonly end: 'fatal'; readonly error: CliError };

/**
 * Follows the daemon's event stream until the session is interrupted. After a break it connects again, wherever the
 * daemon then is, and goes on behind the last event: the reader gets each once, or is told of the gap.
 * @throws CliError where there is no daemon to begin with, or the request or the key is refused.
 */
export async function followEvents(session: Session, wanted: Wanted, reader: FeedReader): Promise<void> {
  const { signal } = session.io;
  const position: Position = { after: wanted.after, epoch: null };
  let hasBeenOpen = false;
  for (let failures = 0; !signal.aborted;) {
    const ending = await connectOnce(session, position, wanted, reader, hasBeenOpen);
    if (ending.end === 'fatal') {
      throw ending.error;
    }
    if (signal.aborted) {
      return;
    }
    if (ending.wasOpen) {
      hasBeenOpen = true;
      failures = 0;
      reader.onBreak();
    }
    failures += 1;
    await sleep(session.clock, backoffMs(failures, BACKOFF), signal);
  }
}

/** One connection, from dialling to its end. */
function connectOnce(
  session: Session,
  position: Position,
  wanted: Wanted,
  reader: FeedReader,
  isResuming: boolean,
): Promise<Ending> {
  const { io, clock } = session;
  const daemon = findDaemon(session.environment);
  const key = requireKey(daemon);
  const socket = new WebSocket(streamUrl(daemon.url, position, wanted), {
    headers: { authorization: `Bearer ${key}` },
    handshakeTimeout: 10_000,
    perMessageDeflate: false,
  });
  return new Promise((resolve) => {
    let wasOpen = false;
    let dialError: unknown = null;
    let heardAt = clock.now();
    const stop = () => socket.terminate();
    const watch = clock.every(1_000, () => {
      if (wasOpen && clock.now() - heardAt > SILENCE_MS) {
        socket.terminate();
      }
    });
    const finish = (ending: Ending) => {
      watch.cancel();
      io.signal.removeEventListener('abort', stop);
      resolve(ending);
    };
    io.signal.addEventListener('abort', stop, { once: true });
    socket.on('open', () => {
      wasOpen = true;
    });
    socket.on('ping', () => {
      heardAt = clock.now();
    });
    socket.on('message', (data) => {
      heardAt = clock.now();
      const frame = frameSchema.safeParse(parseJson(textOf(data)));
      if (frame.success) {
        receive(frame.data, position, reader);
      }
    });
    socket.on('error', (error) => {
      dialError = error;
    });
    socket.on('unexpected-response', (request, response) => {
      void readRefusal(response).then((raw) => {
        const error = refusal(daemon.url, response.statusCode ?? 0, raw);
        request.destroy();
        const isPassing = isResuming && error.exit !== EXIT.auth && error.exit !== EXIT.usage;
        finish(isPassing ? { end: 'closed', wasOpen: false } : { end: 'fatal', error });
      });
    });
    socket.on('close', (code) => {
      if (KEY_ENDED.has(code)) {
        finish({ end: 'fatal', error: keyEnded() });
      } else if (!wasOpen && !isResuming && !io.signal.aborted) {
        finish({ end: 'fatal', error: unreachable(daemon.url, dialError) });
      } else {
        finish({ end: 'closed', wasOpen });
      }
    });
  });
}

function receive(frame: z.infer<typeof frameSchema>, position: Position, reader: FeedReader): void {
  switch (frame.type) {
    case 'hello':
      // Sequences of another epoch mean nothing in this one; all of it is about to come.
      if (position.epoch !== null && position.epoch !== frame.epoch) {
        position.after = frame.oldest_sequence - 1;
      }
      position.epoch = frame.epoch;
      position.after ??= frame.head_sequence;
      return;
    case 'event':
      position.after = frame.event.sequence;
      reader.onEvent(frame.event);
      return;
    case 'caught_up':
      position.after = frame.sequence;
      reader.onCaughtUp(frame.sequence);
      return;
    case 'gap':
      // What follows begins at the oldest: behind the gap, or at the very beginning of a journal that is shorter.
      position.after = frame.reason === 'retention' ? frame.to : 0;
      reader.onGap(frame);
      return;
    default:
      return frame satisfies never;
  }
}

function streamUrl(base: string, position: Position, { types, lines }: Wanted): string {
  const query = new URLSearchParams();
  if (position.after !== null) {
    query.set('after', String(position.after));
  }
  if (position.epoch !== null) {
    query.set('epoch', position.epoch);
  }
  if (types !== null) {
    query.set('types', types);
  }
  if (lines !== null) {
    query.set('lines', lines);
  }
  const asked = query.toString();
  return `${base.replace(/^http/u, 'ws')}/v1/events/stream${asked === '' ? '' : `?${asked}`}`;
}

/** `nodebuffer` is how the sockets of `ws` give their frames, unless asked otherwise. */
function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString('utf8') : '';
}

function keyEnded(): CliError {
  return new CliError(
    EXIT.auth,
    'invalid_api_key',
    'The daemon has closed the stream: the key was revoked or narrowed.',
    'Make another with `blueline keys create`.',
  );
}

async function readRefusal(response: IncomingMessage): Promise<unknown> {
  let text = '';
  try {
    for await (const chunk of response) {
      text += String(chunk);
      if (text.length > REFUSAL_BYTES) {
        break;
      }
    }
  } catch {
    // A refusal that breaks off is one without a reason.
  }
  return parseJson(text);
}
