import type { FastifyInstance } from 'fastify';
import { BluelineError } from '../runtime/index.ts';

/** Refuses to start with a route that does not say who may call it and what it answers. */
export function requireDeclarations(app: FastifyInstance): void {
  app.addHook('onRoute', ({ config, schema, url }) => {
    const response = schema?.response;
    const isDescribed = typeof response === 'object' && response !== null && Object.keys(response).length > 0;
    if (config?.auth === undefined || !isDescribed) {
      throw new BluelineError('http_route_undeclared', `The route ${url} lacks its auth or its responses.`);
    }
  });
}
