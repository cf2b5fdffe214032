import type { Instant } from '../domain/index.ts';
import type { MessagesDb, Position } from '../messages-db/index.ts';
import type { Cursor, GapReason } from './protocol.ts';

/** The cursor that has everything behind it. */
export function presentOf(db: MessagesDb, now: Instant): Cursor {
  return db.snapshot(() => {
    const rowId = db.lastRowId();
    const { guid, lastChatRowId, databaseId } = db.position(rowId);
    return {
      rowId,
      rowGuid: guid,
      toldUpTo: now,
      chatRowId: lastChatRowId,
      chatJoin: db.prints().lastJoin('chat_message_join'),
      attachmentJoin: db.prints().lastJoin('message_attachment_join'),
      historyFiles: db.prints().lastRow('attachment'),
      databaseId,
    };
  });
}

/**
 * Why the cursor cannot be of the database of that position, or `null` if it can. The newest rows may have been deleted; that is no
 * reason. Messages numbers its rows anew when it rebuilds its database (ids that went down were seen by others), and a
 * restored backup ends before the cursor.
 */
export function gapReason({ databaseId, guid, lastRowId }: Position, cursor: Cursor): GapReason | null {
  if (cursor.databaseId !== null && databaseId !== cursor.databaseId) {
    return 'database_replaced';
  }
  const isOtherRow = guid !== null && cursor.rowGuid !== null && guid !== cursor.rowGuid;
  return isOtherRow || lastRowId < cursor.rowId ? 'database_rebuilt' : null;
}
