import type Database from 'better-sqlite3';

/** Takes a message out of its chat and puts it among the recoverable ones. `date` in nanoseconds since 2001. */
export function moveJoin(db: Database.Database, rowId: number, date: bigint): void {
  db.prepare<[bigint, number]>(
    `INSERT INTO chat_recoverable_message_join (chat_id, message_id, delete_date)
     SELECT chat_id, message_id, ? FROM chat_message_join WHERE message_id = ?`,
  ).run(date, rowId);
  db.prepare<[number]>('DELETE FROM chat_message_join WHERE message_id = ?').run(rowId);
}
