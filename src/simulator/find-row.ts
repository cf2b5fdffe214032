import type Database from 'better-sqlite3';
import type { ChatPlace } from './chat-places.ts';

/** A row of chat.db that a command means, with the chat that it stands in. */
export interface FoundRow {
  readonly rowId: number;
  readonly guid: string;
  readonly isFromMe: boolean;
  readonly chat: ChatPlace;
}

interface Row {
  readonly rowId: number;
  readonly guid: string;
  readonly is_from_me: number;
  readonly chatRowId: number;
  readonly chatGuid: string;
  readonly style: number;
  readonly identifier: string;
}

const SELECT = `SELECT m.ROWID AS rowId, m.guid, m.is_from_me, c.ROWID AS chatRowId, c.guid AS chatGuid, c.style,
  c.chat_identifier AS identifier
  FROM message m JOIN chat_message_join j ON j.message_id = m.ROWID JOIN chat c ON c.ROWID = j.chat_id`;

/** The row with that guid, or without one the newest ordinary message in the chat with that contact. */
export function findRow(
  db: Database.Database,
  wanted: { readonly guid: string | undefined; readonly contact: string; readonly isFromMe: boolean },
): FoundRow | null {
  const row =
    wanted.guid === undefined
      ? db
          .prepare<[string, number], Row>(
            `${SELECT} WHERE c.chat_identifier = ? AND m.is_from_me = ? AND m.item_type = 0
             AND m.associated_message_type = 0 ORDER BY m.ROWID DESC LIMIT 1`,
          )
          .get(wanted.contact, wanted.isFromMe ? 1 : 0)
      : db.prepare<[string], Row>(`${SELECT} WHERE m.guid = ?`).get(wanted.guid);
  return row === undefined ? null : found(row);
}

/** What somebody else wrote in the chat with that contact and the owner has not read. */
export function findUnread(db: Database.Database, contact: string): FoundRow[] {
  return db
    .prepare<[string], Row>(
      `${SELECT} WHERE c.chat_identifier = ? AND m.is_from_me = 0 AND m.is_read = 0 ORDER BY m.ROWID`,
    )
    .all(contact)
    .map((row) => found(row));
}

function found(row: Row): FoundRow {
  return {
    rowId: row.rowId,
    guid: row.guid,
    isFromMe: row.is_from_me === 1,
    chat: {
      rowId: row.chatRowId,
      guid: row.chatGuid,
      style: row.style === 43 ? 'group' : 'direct',
      identifier: row.identifier,
    },
  };
}
