import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type RawData, type WebSocket } from 'ws';
import type { z } from 'zod';
import { clientFrameSchema, CLOSE_CODES } from '../contract/index.ts';
import { sequence } from '../domain/index.ts';
import { parseFrame } from '../events/index.ts';
import { errorCode, type Clock, type Logger } from '../runtime/index.ts';
import { grantOfHeader, hasScope } from './authenticate.ts';
import type { Commands } from './commands.ts';
import { HttpError } from './errors.ts';
import { eventTypes, streamQuery } from './event-query.ts';
import type { HostGuard } from './host-guard.ts';
import { eventLines, lineIdOf } from './line-access.ts';
import type { OpenStreams } from './open-streams.ts';
import type { Grant, KeysPort } from './ports.ts';
import type { StreamPort } from './stream-port.ts';
import { refuseRaw } from './raw-response.ts';
import { toHttpError } from './to-http-error.ts';

const STREAM_PATH = '/v1/events/stream';

/** A command holds what a body of REST may hold. */
const MAX_FRAME_BYTES = 1_048_576;
const AUTH_TIMEOUT_MS = 5_000;
/** Sockets that have not shown their key yet; more than these are turned away. */
const MAX_UNAUTHENTICATED = 64;

type StreamQuery = z.output<typeof streamQuery>;

/** Lets WebSockets in: path, host, origin, query and key are checked before the stream gets the socket. */
export interface StreamDoor {
  start(): void;
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Says goodbye to every socket, and resolves once all are gone. */
  stop(): Promise<void>;
}

export function createStreamDoor(deps: {
  readonly keys: KeysPort;
  readonly stream: Pick<StreamPort, 'attach'>;
  readonly streams: OpenStreams;
  readonly commands: Commands;
  readonly guard: HostGuard;
  readonly clock: Clock;
  readonly log: Logger;
  readonly newRequestId: () => string;
}): StreamDoor {
  const { keys, stream, streams, commands, guard, clock, log } = deps;
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const waiting = new Set<WebSocket>();
  let isStopped = false;

  /** Checks all that can be checked before there is a WebSocket. */
  const inspect = (request: IncomingMessage): { query: StreamQuery; grant: Grant | null } => {
    if (isStopped) {
      throw new HttpError('bridge_stopping');
    }
    if (!guard.allows(request)) {
      throw new HttpError('host_not_allowed');
    }
    if (!guard.allowsOrigin(request)) {
      throw new HttpError('origin_not_allowed');
    }
    const query = parseQuery(request.url ?? '');
    const grant = grantOfHeader(request.headers.authorization, keys);
    if (grant === null && waiting.size >= MAX_UNAUTHENTICATED) {
      throw new HttpError('too_many_connections');
    }
    if (grant !== null && !hasScope(grant, 'events:read')) {
      throw new HttpError('insufficient_scope', { message: 'The API key lacks the scope events:read.' });
    }
    if (grant !== null) {
      eventLines(query.lines, grant);
    }
    return { query, grant };
  };

  const attach = (socket: WebSocket, query: StreamQuery, grant: Grant, requestId: string) => {
    streams.add(socket, grant);
    log.info({ route: STREAM_PATH, status: 101, requestId, keyId: grant.keyId }, 'Stream opened');
    stream.attach(socket, {
      after: query.after === undefined ? null : sequence(query.after),
      epoch: query.epoch ?? null,
      types: eventTypes(query.types),
      lines: eventLines(query.lines, grant),
      subscriber: query.subscriber ?? null,
      keyId: grant.keyId,
      // What the key may do is asked anew for each: it may have been narrowed since the stream was opened.
      execute: (frame) => commands.execute(() => keys.stillValid(grant.keyId), frame),
    });
  };

  const judged = (data: RawData | null, query: StreamQuery): Verdict => {
    try {
      return judgeAuthFrame(data, query, keys);
    } catch (error) {
      log.error({ code: errorCode(error) }, 'The key of a stream could not be checked');
      return { code: CLOSE_CODES.tryAgainLater, reason: 'store_unavailable' };
    }
  };

  const awaitKey = (socket: WebSocket, query: StreamQuery, requestId: string) => {
    waiting.add(socket);
    const turnAway = (code: number, reason: string) => {
      finish();
      log.info({ route: STREAM_PATH, closeCode: code, requestId }, 'Stream refused');
      streams.close(socket, code, reason);
    };
    const onMessage = (data: RawData, isBinary: boolean) => {
      const verdict = judged(isBinary ? null : data, query);
      if ('grant' in verdict) {
        finish();
        attach(socket, query, verdict.grant, requestId);
      } else {
        turnAway(verdict.code, verdict.reason);
      }
    };
    const onClose = () => finish();
    const timer = clock.after(AUTH_TIMEOUT_MS, () => turnAway(CLOSE_CODES.unauthenticated, 'auth_timeout'));
    const finish = () => {
      waiting.delete(socket);
      timer.cancel();
      socket.off('message', onMessage);
      socket.off('close', onClose);
    };
    socket.on('message', onMessage);
    socket.on('close', onClose);
  };

  return {
    start: () => streams.start(),
    handleUpgrade: (request, socket, head) => {
      const requestId = deps.newRequestId();
      socket.on('error', () => socket.destroy());
      let entry: ReturnType<typeof inspect>;
      try {
        entry = inspect(request);
      } catch (error) {
        const refusal = toHttpError(error, { body: null, query: null });
        log.info(
          { method: request.method, route: STREAM_PATH, status: refusal.definition.status, requestId },
          'Stream refused',
        );
        refuseRaw(socket, refusal, requestId);
        return;
      }
      server.handleUpgrade(request, socket, head, (webSocket) => {
        // A socket without a listener for its errors would end the process with the first of them.
        webSocket.on('error', (error) => {
          log.debug({ requestId, code: 'code' in error ? error.code : error.name }, 'A stream socket failed');
        });
        if (entry.grant === null) {
          awaitKey(webSocket, entry.query, requestId);
        } else {
          attach(webSocket, entry.query, entry.grant, requestId);
        }
      });
    },
    stop: () => {
      isStopped = true;
      for (const socket of waiting) {
        waiting.delete(socket);
        streams.close(socket, CLOSE_CODES.goingAway, 'bridge_stopping');
      }
      return streams.stop();
    },
  };
}

/** @throws HttpError `not_found` off the path, `invalid_parameter_value`, `capability_unavailable`. */
function parseQuery(url: string): StreamQuery {
  const mark = url.indexOf('?');
  if ((mark === -1 ? url : url.slice(0, mark)) !== STREAM_PATH) {
    throw new HttpError('not_found');
  }
  const given = new URLSearchParams(mark === -1 ? '' : url.slice(mark + 1));
  const names = [...given.keys()];
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  const parsed = streamQuery.safeParse(Object.fromEntries(given));
  if (!parsed.success || twice !== undefined) {
    const param = parsed.error?.issues[0]?.path[0] ?? twice;
    throw new HttpError('invalid_parameter_value', {
      ...(typeof param === 'string' ? { param } : {}),
      message: 'A parameter of the stream is unknown, given twice, or not valid.',
    });
  }
  eventTypes(parsed.data.types);
  parsed.data.lines?.forEach(lineIdOf);
  return parsed.data;
}

type Verdict = { readonly grant: Grant } | { readonly code: number; readonly reason: string };

/** What becomes of a socket whose first frame has come. `null` stands for a binary one. */
function judgeAuthFrame(data: RawData | null, query: StreamQuery, keys: KeysPort): Verdict {
  const frame = data === null ? undefined : clientFrameSchema.safeParse(parseFrame(data)).data;
  if (frame?.type !== 'auth') {
    return { code: CLOSE_CODES.unauthenticated, reason: 'auth_expected' };
  }
  const grant = keys.verify(frame.key);
  if (grant === null) {
    return { code: CLOSE_CODES.unauthenticated, reason: 'invalid_api_key' };
  }
  if (!hasScope(grant, 'events:read')) {
    return { code: CLOSE_CODES.forbidden, reason: 'insufficient_scope' };
  }
  try {
    eventLines(query.lines, grant);
  } catch (error) {
    if (error instanceof HttpError) {
      return { code: CLOSE_CODES.forbidden, reason: error.code };
    }
    throw error;
  }
  return { grant };
}
