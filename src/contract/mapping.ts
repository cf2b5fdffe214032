/** The contract's second door: how things get onto the wire, without the schemas, for threads that have no use for them. */
export { chatId, lineIdOrUnknown } from './ids.ts';
export { createMessageEncoder } from './message-json.ts';
export { parseDestination, parseLineRef } from './references.ts';
export { createMessageMapper } from './to-wire-message.ts';
