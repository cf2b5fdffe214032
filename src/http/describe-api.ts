import swagger from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { API_VERSION } from '../contract/index.ts';

/** Collects every route into an OpenAPI 3.1 document; who may call it comes from the route's own declaration. */
export function describeApi(app: FastifyInstance): void {
  void app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Blueline',
        version: API_VERSION,
        description:
          'A Mac mini as a dependable iMessage line. Times are Unix milliseconds unless said otherwise.',
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'An API key: `blk_…`.' },
          file_link: {
            type: 'apiKey',
            in: 'query',
            name: 'signature',
            description: 'A signed link of GET /v1/files?id=, with `expires`.',
          },
        },
      },
    },
    transform: (input) => {
      const { schema, url } = jsonSchemaTransform(input);
      const auth = input.route.config?.auth;
      const security =
        auth === undefined || auth.need === 'nothing'
          ? []
          : [
              ...(auth.need === 'local_or_key' ? [{}] : []),
              { key: [auth.scope] },
              ...(auth.need === 'key_or_link' ? [{ file_link: [] }] : []),
            ];
      return { schema: { ...schema, security }, url };
    },
    transformObject: jsonSchemaTransformObject,
  });
}
