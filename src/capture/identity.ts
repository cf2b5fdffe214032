import type { Instant } from '../domain/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import type { Cursor, GapReason } from './protocol.ts';

/** The cursor that has everything behind it. */
export function presentOf(db: MessagesDb, now: Instant): Cursor {
  return db.snapshot(() => {
    const rowId = db.lastRowId();
    return {
      rowId,
      rowGuid: db.guidAt(rowId),
      toldUpTo: now,
      chatRowId: db.maxChatRowId(),
      chatJoin: db.prints().lastJoin('chat_message_join'),
      attachmentJoin: db.prints().lastJoin('message_attachment_join'),
      historyFiles: db.prints().lastRow('attachment'),
      databaseId: db.databaseId(),
    };
  });
}

/**
 * Why the cursor cannot be of this database, or `null` if it can. The newest rows may have been deleted; that is no
 * reason. Messages numbers its rows anew when it rebuilds its database (ids that went down were seen by others), and a
 * restored backup ends before the cursor.
 */
export function gapReason(db: MessagesDb, cursor: Cursor): GapReason | null {
  if (cursor.databaseId !== null && db.databaseId() !== cursor.databaseId) {
    return 'database_replaced';
  }
  const guid = db.guidAt(cursor.rowId);
  const isOtherRow = guid !== null && cursor.rowGuid !== null && guid !== cursor.rowGuid;
  return isOtherRow || db.lastRowId() < cursor.rowId ? 'database_rebuilt' : null;
}
