/** Commands: accepted once, sent once, and called sent only when chat.db shows the row that proves it. */
export { createLineControl } from './line-control.ts';
export { createOutbox } from './outbox.ts';
export type { Outbox } from './outbox.ts';
