import { errorSchema } from '../contract/index.ts';

/** Error answers that any route can give. */
const anyRefusal = { 400: errorSchema, 421: errorSchema, 500: errorSchema, 503: errorSchema } as const;

/** Those of a route that asks for a key, in addition. */
export const keyRefusal = { ...anyRefusal, 401: errorSchema, 403: errorSchema, 429: errorSchema } as const;
