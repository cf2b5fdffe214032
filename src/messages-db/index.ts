/** Apple's chat.db, read-only: finds its columns, reads its rows, decodes its bodies, and speaks of them in the domain's words. */
export type { ChatCursor } from './chat-queries.ts';
export type { MessageCursor } from './message-pages.ts';
export type { MessagesDb } from './messages-db.ts';
export { createMessagesSource } from './messages-source.ts';
export type { MessagesSource } from './messages-source.ts';
