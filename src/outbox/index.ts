/** Commands: accepted once, sent once, and called sent only when chat.db shows the row that proves it. */
export type { AcceptRequest, AcceptResult } from './accept.ts';
export { createOutbox } from './outbox.ts';
export type { Outbox, OutboxDeps, OutboxStats } from './outbox.ts';
