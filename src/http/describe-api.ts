import swagger from '@fastify/swagger';
import type { FastifyInstance, FastifySchema } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';
import { API_VERSION, errorSchema } from '../contract/index.ts';
import { tidyDocument } from './tidy-document.ts';

/** By the first word of a route's path behind `/v1`; what has none belongs to the bridge itself. */
const TAGS: Readonly<Record<string, string>> = {
  messages: 'Messages',
  'audio-messages': 'Messages',
  'voice-notes': 'Messages',
  'contact-cards': 'Messages',
  reactions: 'Messages',
  typing: 'Messages',
  receipts: 'Messages',
  outbox: 'Outbox',
  files: 'Files',
  chats: 'Chats',
  lines: 'Lines',
  limits: 'Limits',
  sandbox: 'Sandbox',
  events: 'Events',
  webhooks: 'Webhooks',
};

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
        license: { name: 'MIT', identifier: 'MIT' },
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
      const { schema, url } = jsonSchemaTransform({
        ...input,
        schema: withRefusals(input.schema, input.route.method),
      });
      const auth = input.route.config?.auth;
      const security =
        auth === undefined || auth.need === 'nothing'
          ? []
          : [
              ...(auth.need === 'local_or_key' ? [{}] : []),
              { key: [auth.scope] },
              ...(auth.need === 'key_or_link' ? [{ file_link: [] }] : []),
            ];
      return { schema: { ...schema, security, tags: [tagOf(url)] }, url };
    },
    transformObject: (input) => tidyDocument(jsonSchemaTransformObject(input)),
  });
}

/** What the server answers before a route is asked: to a wrong host name, at its stop, to a body that it cannot take. */
function withRefusals(schema: FastifySchema, method: string | readonly string[]): FastifySchema {
  const hasBody = [method].flat().some((word) => !['GET', 'HEAD', 'OPTIONS'].includes(word));
  const refusals = {
    400: errorSchema,
    421: errorSchema,
    503: errorSchema,
    ...(hasBody ? { 408: errorSchema, 413: errorSchema, 415: errorSchema } : {}),
  };
  return { ...schema, response: { ...refusals, ...Object(schema.response) } };
}

function tagOf(url: string): string {
  const [, version = '', noun = ''] = url.split('/');
  return version === 'v1' ? (TAGS[noun] ?? 'Bridge') : 'Bridge';
}
