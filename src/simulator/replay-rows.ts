import type Database from 'better-sqlite3';
import { upperUuid } from './era-schema.ts';
import type { NewRow } from './new-rows.ts';
import type { Cell } from './row-insert.ts';

/**
 * Inserts the newest `count` messages of a chat again, oldest first: new ROWID, new guid, all else as it was, the date
 * to the nanosecond. So iCloud brings old messages back to a Mac that has them already.
 */
export function replayRows(db: Database.Database, identifier: string, count: number): readonly NewRow[] {
  return db.transaction(() => {
    const columns = db
      .prepare<[], { name: string }>(
        `SELECT name FROM pragma_table_info('message') WHERE name NOT IN ('ROWID', 'guid')`,
      )
      .all()
      .map((column) => column.name)
      .join(', ');
    const copy = db.prepare<[string, number]>(
      `INSERT INTO message (guid, ${columns}) SELECT ?, ${columns} FROM message WHERE ROWID = ?`,
    );
    const joins = [
      'chat_message_join (chat_id, message_id, message_date) SELECT chat_id, ?, message_date FROM chat_message_join',
      'message_attachment_join (attachment_id, message_id) SELECT attachment_id, ? FROM message_attachment_join',
    ].map((join) => db.prepare<Cell[]>(`INSERT INTO ${join} WHERE message_id = ?`));
    const originals = db
      .prepare<[string, number], { ROWID: number }>(
        `SELECT m.ROWID FROM message m JOIN chat_message_join j ON j.message_id = m.ROWID
         JOIN chat c ON c.ROWID = j.chat_id WHERE c.chat_identifier = ? ORDER BY m.ROWID DESC LIMIT +?`,
      )
      .all(identifier, count)
      .toReversed();
    return originals.map(({ ROWID }) => {
      const guid = upperUuid();
      const rowId = Number(copy.run(guid, ROWID).lastInsertRowid);
      for (const join of joins) {
        join.run(rowId, ROWID);
      }
      return { rowId, guid };
    });
  })();
}
