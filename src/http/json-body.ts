import type { FastifyInstance } from 'fastify';
import { HttpError } from './errors.ts';

/**
 * JSON bodies, and nothing else. Bytes that are no UTF-8 are refused instead of being replaced: a text must arrive as it
 * was written. Many clients name a type with every request: a DELETE may do so and have no body.
 */
export function acceptJsonOnly(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, body, done) => {
    if (body.length === 0 && request.method === 'DELETE') {
      done(null, undefined);
      return;
    }
    try {
      const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
      done(null, value);
    } catch {
      done(new HttpError('invalid_json'));
    }
  });
}
