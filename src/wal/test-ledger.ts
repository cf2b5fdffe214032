import { crc32 } from 'node:zlib';
import type Database from 'better-sqlite3';
import { FOLLOWED, type Followed } from './test-operations.ts';

/** What a row holds, in one number; `null` when there is none. */
export type Sum = number | null;
/** Table, ROWID and what the row holds now. */
export type Change = readonly [table: Followed, rowid: number, sum: Sum];

const CONTENT: Readonly<Record<Followed, string>> = {
  item: "flag || '|' || name || '|' || mark || '|' || hex(data)",
  note: 'body',
  link: "item_id || '|' || note_id",
};

/** Reads what rows hold, apart from whatever is being tested. */
export class RowReader {
  readonly #one: ReadonlyMap<Followed, Database.Statement<[number], string>>;
  readonly #range: ReadonlyMap<Followed, Database.Statement<[number, number], [number, string]>>;

  constructor(db: Database.Database) {
    const each = <T>(make: (table: Followed) => T) => new Map(FOLLOWED.map((table) => [table, make(table)]));
    this.#one = each((table) =>
      db.prepare<[number], string>(`SELECT ${CONTENT[table]} FROM ${table} WHERE rowid = ?`).pluck(),
    );
    this.#range = each((table) =>
      db
        .prepare<[number, number], [number, string]>(
          `SELECT rowid, ${CONTENT[table]} FROM ${table} WHERE rowid > ? AND rowid <= ?`,
        )
        .raw(),
    );
  }

  sum(table: Followed, rowid: number): Sum {
    const content = this.#one.get(table)?.get(rowid);
    return content === undefined ? null : crc32(content);
  }

  range(table: Followed, after: number, upTo: number): ReadonlyMap<number, number> {
    const rows = this.#range.get(table)?.all(after, upTo) ?? [];
    return new Map(rows.map(([rowid, content]) => [rowid, crc32(content)]));
  }
}

/** What all rows held when it was last asked, to tell which have changed in the end. */
export class Ledger {
  #reader: RowReader;
  readonly #rows = new Map<Followed, Map<number, number>>();
  readonly #touched = new Map<string, readonly [Followed, number]>();

  constructor(db: Database.Database) {
    this.#reader = new RowReader(db);
    for (const table of FOLLOWED) {
      this.#rows.set(table, new Map(this.#reader.range(table, -Infinity, Infinity)));
    }
  }

  /** The connection is another one, the database the same. */
  reconnect(db: Database.Database): void {
    this.#reader = new RowReader(db);
  }

  touch(table: Followed, rowid: number): void {
    this.#touched.set(`${table} ${rowid}`, [table, rowid]);
  }

  forget(): void {
    this.#touched.clear();
  }

  /** The rows that hold something else than at the last call. */
  changes(): readonly Change[] {
    const changes: Change[] = [];
    for (const [table, rowid] of this.#touched.values()) {
      const rows = this.#rows.get(table);
      const sum = this.#reader.sum(table, rowid);
      if ((rows?.get(rowid) ?? null) !== sum) {
        changes.push([table, rowid, sum]);
        if (sum === null) {
          rows?.delete(rowid);
        } else {
          rows?.set(rowid, sum);
        }
      }
    }
    this.#touched.clear();
    return changes;
  }

  count(): number {
    return [...this.#rows.values()].reduce((count, rows) => count + rows.size, 0);
  }
}
