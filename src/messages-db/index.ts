/** Apple's chat.db, read-only: finds its columns, reads its rows, decodes its bodies, and speaks of them in the domain's words. */
export type { Position } from './change-queries.ts';
export type { ChatCursor } from './chat-queries.ts';
export { areStillThere, filesAt } from './database-errors.ts';
export { decodeBody, decodeFoundation } from './decode-body.ts';
export type { ExportedRows } from './export-rows.ts';
export { readKeyedArchive } from './keyed-archive.ts';
export type { MessageCursor } from './message-pages.ts';
export { openMessagesDb } from './messages-db.ts';
export type { DatabaseFormat, MessagesDb } from './messages-db.ts';
export { createMessagesSource } from './messages-source.ts';
export type { MessagesSource } from './messages-source.ts';
export { contentOf, flagsOf, PRINT_FLAGS } from './print-expression.ts';
export type { JoinTable, PrintQueries, PrintRow, PrintedTable } from './print-queries.ts';
export { readPropertyList } from './property-list.ts';
export { readSummaryInfo } from './summary-info.ts';
export type { ReadMessage } from './to-message.ts';
