/** Apple's chat.db, read-only: finds its columns, reads its rows, decodes its bodies, and speaks of them in the domain's words. */
export type { ChatCursor } from './chat-queries.ts';
export { decodeBody, decodeFoundation } from './decode-body.ts';
export type { ExportedRows } from './export-rows.ts';
export { readKeyedArchive } from './keyed-archive.ts';
export type { MessageCursor } from './message-pages.ts';
export { openMessagesDb } from './messages-db.ts';
export type { MessagesDb } from './messages-db.ts';
export { createMessagesSource } from './messages-source.ts';
export type { MessagesSource } from './messages-source.ts';
export { readPropertyList } from './property-list.ts';
export { readSummaryInfo } from './summary-info.ts';
