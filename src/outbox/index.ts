/** Commands: accepted once, sent once, and called sent only when chat.db shows the row that proves it. */
export { createOutbox } from './outbox.ts';
