import { errorSchema, outboxItemSchema } from '../contract/index.ts';

/** Error answers that any route can give. */
const anyRefusal = { 400: errorSchema, 421: errorSchema, 500: errorSchema, 503: errorSchema } as const;

/** Those of a route that asks for a key, in addition. */
export const keyRefusal = { ...anyRefusal, 401: errorSchema, 403: errorSchema, 429: errorSchema } as const;

/** What a route answers that puts a message into the outbox: its item, or why there is none. */
export const sendAnswers = {
  201: outboxItemSchema,
  ...keyRefusal,
  404: errorSchema,
  408: errorSchema,
  413: errorSchema,
  415: errorSchema,
  422: errorSchema,
} as const;
