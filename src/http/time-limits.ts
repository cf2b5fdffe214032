import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Clock, Timer } from '../runtime/index.ts';
import { HttpError } from './errors.ts';
import { refuseRaw } from './raw-response.ts';

/** The whole of an ordinary request must have arrived by then. */
const BODY_MS = 30_000;
/** A file may take long, but something of it must keep coming. */
const IDLE_MS = 30_000;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The body is a file that is read as it comes: it may be large, and take its time. */
    readonly takesFile?: true;
  }
}

/**
 * Ends requests whose body does not come: by its whole time, or for the files of those who may send them by the time in
 * which nothing comes. Must be called before the hook that authenticates is added.
 */
export function limitRequestTime(app: FastifyInstance, clock: Clock): void {
  const timers = new WeakMap<FastifyRequest, Timer>();
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    if (hasBody(raw.headers)) {
      const timer = clock.after(BODY_MS, () => {
        if (reply.raw.headersSent) {
          raw.socket.destroy();
        } else {
          refuseRaw(raw.socket, new HttpError('request_timeout'), request.id);
        }
      });
      timers.set(request, timer);
      raw.once('end', () => timer.cancel());
      raw.once('close', () => timer.cancel());
    }
    done();
  });
  // After the key has been looked at, before the body is.
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const { raw } = request;
    if (request.routeOptions.config.takesFile === true) {
      timers.get(request)?.cancel();
      // Node itself ends a connection that has been idle for so long.
      raw.socket.setTimeout(IDLE_MS);
      raw.once('end', () => raw.socket.setTimeout(0));
    }
    done(null, payload);
  });
}

function hasBody(headers: Readonly<Record<string, string | string[] | undefined>>): boolean {
  return (headers['content-length'] ?? '0') !== '0' || headers['transfer-encoding'] !== undefined;
}
