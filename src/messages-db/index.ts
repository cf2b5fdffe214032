/** Apple's chat.db, read-only: finds its columns, reads its rows, decodes its bodies, and speaks of them in the domain's words. */
export { decodeBody } from './decode-body.ts';
export type { DecodedBody } from './decode-body.ts';
export type { RowDigest } from './change-queries.ts';
export type { ChatCursor, ChatPage } from './chat-queries.ts';
export type { LineUse } from './line-queries.ts';
export type { MessageCursor, MessagePage } from './message-pages.ts';
export { openMessagesDb } from './messages-db.ts';
export type { MessagesDb } from './messages-db.ts';
export { createMessagesSource } from './messages-source.ts';
export type { MessagesSource } from './messages-source.ts';
export type { ReadMessage } from './to-message.ts';
