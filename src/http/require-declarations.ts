import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { BluelineError } from '../runtime/index.ts';

/**
 * Refuses to start with a route that does not say who may call it and what it answers. One that says nothing of its query
 * has none: a parameter that means nothing is refused there too, rather than ignored.
 */
export function requireDeclarations(app: FastifyInstance): void {
  app.addHook('onRoute', (route) => {
    const { config, schema, url } = route;
    const response = schema?.response;
    const isDescribed = typeof response === 'object' && response !== null && Object.keys(response).length > 0;
    if (config?.auth === undefined || !isDescribed) {
      throw new BluelineError('http_route_undeclared', `The route ${url} lacks its auth or its responses.`);
    }
    route.schema = { querystring: z.strictObject({}), ...schema };
  });
}
