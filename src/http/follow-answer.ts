import type { Socket } from 'node:net';
import { finished, Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '../runtime/index.ts';
import { HttpError } from './errors.ts';

/** A client that had gone resets the connection at once; what comes later has other reasons. */
const RESET_MS = 5_000;

/** What was last answered over a connection, while a reset of it would mean that the answer did not arrive. */
const lastAnswers = new WeakMap<Socket, () => void>();

/**
 * Leaves alone a request whose client has gone already: nobody would learn that it was accepted, and whoever asks again
 * would be the second.
 * @throws HttpError `client_gone`
 */
export async function requireClient(request: FastifyRequest): Promise<void> {
  await lookAtConnection();
  const { socket } = request.raw;
  if (socket.destroyed || socket.readableEnded) {
    throw new HttpError('client_gone');
  }
}

/**
 * Answers, and tells how that ended: handed to the system to its last byte, or cut off before. The last byte goes alone,
 * after another look at the connection: if the client had gone before the others, the system knows by then, and refuses
 * it. Where the connection is reset afterwards, with nothing more asked over it, the client had left the answer unread:
 * that is told as well.
 */
export function answerFollowed(
  reply: FastifyReply,
  clock: Clock,
  body: object,
  tell: (isWritten: boolean) => void,
): FastifyReply {
  const { socket } = reply.request.raw;
  // Also where the connection was gone before there was an answer.
  finished(reply.raw, (error) => {
    const isWritten = (error ?? null) === null && reply.raw.writableFinished;
    tell(isWritten);
    if (isWritten) {
      watchForReset(socket, clock, () => tell(false));
    }
  });
  const json = reply.serialize(body);
  const bytes = typeof json === 'string' ? Buffer.from(json, 'utf8') : Buffer.from(new Uint8Array(json));
  return reply
    .type('application/json; charset=utf-8')
    .header('content-length', String(bytes.length))
    .send(Readable.from(inTwo(bytes), { objectMode: false }));
}

/** A further request shows that the answer before it was read. */
export function noteFurtherRequests(app: FastifyInstance): void {
  app.addHook('onRequest', (request, _reply, done) => {
    lastAnswers.get(request.raw.socket)?.();
    lastAnswers.delete(request.raw.socket);
    done();
  });
}

function watchForReset(socket: Socket, clock: Clock, onReset: () => void): void {
  const stop = () => {
    socket.off('error', onReset);
    timer.cancel();
  };
  const timer = clock.after(RESET_MS, stop);
  socket.once('error', onReset);
  lastAnswers.set(socket, stop);
}

async function* inTwo(bytes: Buffer): AsyncGenerator<Buffer> {
  await lookAtConnection();
  yield bytes.subarray(0, -1);
  await lookAtConnection();
  yield bytes.subarray(-1);
}

/** Resolves once the event loop has looked at every connection; the first turn only ends the one that is under way. */
async function lookAtConnection(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
}
