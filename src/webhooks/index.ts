/** Posts events to the endpoints that asked for them, signed, in order and until they have them: a sink of the journal with a cursor for each. */
export type { Profile } from './endpoint.ts';
export { payload } from './payload.ts';
export { createPoster } from './post.ts';
export { deliveryId, isForWebhooks, parseEvent } from './select-event.ts';
export { createSecret, isSecret, signedHeaders } from './sign.ts';
export { checkUrl } from './targets.ts';
export { createWebhooks } from './webhooks.ts';
export type { Webhooks } from './webhooks.ts';
