import type Database from 'better-sqlite3';

/** Gives every message a new ROWID, in the same order, without gaps, beginning with `from`. All joins follow. */
export function renumberRows(db: Database.Database, from: number): void {
  db.pragma('foreign_keys = OFF');
  db.transaction(() => {
    db.exec(`CREATE TEMP TABLE renumbered (old INTEGER PRIMARY KEY, new INTEGER NOT NULL)`);
    db.prepare<[number]>(
      `INSERT INTO renumbered SELECT ROWID, row_number() OVER (ORDER BY ROWID) - 1 + ? FROM message`,
    ).run(from);
    const tables: readonly (readonly [string, string])[] = [
      ['message', 'ROWID'],
      ['chat_message_join', 'message_id'],
      ['message_attachment_join', 'message_id'],
      ['chat_recoverable_message_join', 'message_id'],
      ['recoverable_message_part', 'message_id'],
    ];
    for (const [table, column] of tables) {
      // By way of negative numbers, since two rows may not have the same one even for a moment.
      db.exec(`UPDATE ${table} SET ${column} = -(SELECT new FROM renumbered WHERE old = ${table}.${column})`);
      db.exec(`UPDATE ${table} SET ${column} = -${column} WHERE ${column} < 0`);
    }
    db.exec(
      `UPDATE sqlite_sequence SET seq = coalesce((SELECT max(ROWID) FROM message), 0) WHERE name = 'message'`,
    );
    db.exec('DROP TABLE renumbered');
  })();
  db.pragma('foreign_keys = ON');
}
