import type { FastifyInstance } from 'fastify';
import type { Logger } from '../runtime/index.ts';

/**
 * One line per request: route pattern, status, time, request id, key id. Never the URL, which holds handles. What goes
 * well and only reads is `debug`.
 */
export function logAccess(app: FastifyInstance, log: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    const fields = {
      method: request.method,
      route: request.is404 ? 'none' : (request.routeOptions.url ?? 'none'),
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
      requestId: request.id,
      keyId: request.grant?.keyId,
    };
    if (request.method === 'GET' && (reply.statusCode < 400 || reply.statusCode === 503)) {
      log.debug(fields, 'Request served');
    } else {
      log.info(fields, 'Request served');
    }
    done();
  });
}
