import type Database from 'better-sqlite3';

/** Where in a table, as a part of it: 0 is the first row, 1 the last. */
type Part = number;

/** One statement or a run of them, told in numbers so that a property test can make them up and shrink them. */
export type Operation =
  | { readonly do: 'insert'; readonly count: number; readonly size: number }
  | { readonly do: 'insert-far'; readonly count: number }
  | { readonly do: 'refill'; readonly at: Part; readonly count: number; readonly size: number }
  | { readonly do: 'flag'; readonly at: Part; readonly count: number }
  | { readonly do: 'edit'; readonly at: Part; readonly size: number }
  | { readonly do: 'resize'; readonly at: Part; readonly size: number }
  | { readonly do: 'overflow-only'; readonly at: Part; readonly byte: Part }
  | { readonly do: 'behind-overflow'; readonly at: Part }
  | { readonly do: 'delete'; readonly at: Part; readonly count: number }
  | { readonly do: 'clear'; readonly table: Followed }
  | { readonly do: 'note'; readonly count: number; readonly size: number }
  | { readonly do: 'link'; readonly count: number }
  | { readonly do: 'unlink'; readonly at: Part; readonly count: number }
  | { readonly do: 'noise'; readonly count: number; readonly size: number }
  | { readonly do: 'quiet'; readonly at: Part; readonly count: number };

export type Followed = 'item' | 'note' | 'link';
export const FOLLOWED = ['item', 'note', 'link'] as const satisfies readonly Followed[];

/** `mark` is a column behind a large blob; `noise` and the indexes take and leave pages beside the followed tables. */
export const SCHEMA = `
  CREATE TABLE item (id INTEGER PRIMARY KEY, flag INTEGER, name TEXT, data BLOB, mark INTEGER);
  CREATE INDEX item_flag ON item (flag);
  CREATE INDEX item_name ON item (name);
  CREATE TABLE note (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT);
  CREATE TABLE link (item_id INTEGER, note_id INTEGER, UNIQUE (item_id, note_id));
  CREATE TABLE noise (id INTEGER PRIMARY KEY, body BLOB);
  CREATE TABLE words (word TEXT PRIMARY KEY, body TEXT) WITHOUT ROWID;
`;

/** SQLite gives the largest ROWID in use plus one, so the next rows come after these. */
const FAR = Number.MAX_SAFE_INTEGER - 2 ** 20;

/** Carries operations out, and names each row that one may have changed to `touch`. */
export class Operations {
  readonly #db: Database.Database;
  readonly #touch: (table: Followed, rowid: number) => void;
  #made = 0;

  constructor(db: Database.Database, touch: (table: Followed, rowid: number) => void) {
    this.#db = db;
    this.#touch = touch;
  }

  run(operation: Operation): void {
    this.#made += 1;
    switch (operation.do) {
      case 'insert':
        return this.#insert(operation.count, operation.size);
      case 'insert-far':
        return this.#insertFar(operation.count);
      case 'refill':
        return this.#refill(operation.at, operation.count, operation.size);
      case 'flag':
        return this.#each(operation.at, operation.count, 'UPDATE item SET flag = flag + 1 WHERE id = ?');
      case 'edit':
        return this.#change(operation.at, 'name', text(operation.size, this.#made));
      case 'resize':
        return this.#change(operation.at, 'data', bytes(operation.size, this.#made));
      case 'overflow-only':
        return this.#overwrite(operation.at, operation.byte);
      case 'behind-overflow':
        return this.#each(operation.at, 1, 'UPDATE item SET mark = 1 - mark WHERE id = ?');
      case 'delete':
        return this.#each(operation.at, operation.count, 'DELETE FROM item WHERE id = ?');
      case 'clear':
        return this.#clear(operation.table);
      case 'note':
        return this.#note(operation.count, operation.size);
      case 'link':
        return this.#link(operation.count);
      case 'unlink':
        return this.#unlink(operation.at, operation.count);
      case 'noise':
        return this.#noise(operation.count, operation.size);
      case 'quiet':
        return this.#quiet(operation.at, operation.count);
      default:
        return operation satisfies never;
    }
  }

  #insert(count: number, size: number): void {
    const insert = this.#db.prepare('INSERT INTO item (flag, name, data, mark) VALUES (?, ?, ?, 0)');
    for (let index = 0; index < count; index += 1) {
      const row = insert.run(index % 3, text(20, index), bytes(size, index));
      this.#touch('item', Number(row.lastInsertRowid));
    }
  }

  #insertFar(count: number): void {
    const insert = this.#db.prepare("INSERT OR REPLACE INTO item VALUES (?, 0, 'far', ?, 0)");
    for (let index = 0; index < count; index += 1) {
      const id = FAR + ((this.#made * 97 + index) % 2 ** 19);
      insert.run(id, bytes(30, index));
      this.#touch('item', id);
    }
  }

  #refill(at: Part, count: number, size: number): void {
    const insert = this.#db.prepare('INSERT OR IGNORE INTO item VALUES (?, 1, ?, ?, 0)');
    const [first = 1] = this.#ids('item', at, 1);
    for (let id = first; id < first + count; id += 1) {
      insert.run(id, text(10, id), bytes(size, id));
      this.#touch('item', id);
    }
  }

  #each(at: Part, count: number, sql: string): void {
    const change = this.#db.prepare(sql);
    for (const id of this.#ids('item', at, count)) {
      change.run(id);
      this.#touch('item', id);
    }
  }

  #change(at: Part, column: 'name' | 'data', value: string | Buffer): void {
    for (const id of this.#ids('item', at, 1)) {
      this.#db.prepare(`UPDATE item SET ${column} = ? WHERE id = ?`).run(value, id);
      this.#touch('item', id);
    }
  }

  #overwrite(at: Part, part: Part): void {
    const row = this.#db
      .prepare<[number], { id: number; data: Buffer }>(
        'SELECT id, data FROM item WHERE length(data) > 400 AND id >= ? ORDER BY id LIMIT 1',
      )
      .get(this.#ids('item', at, 1)[0] ?? 0);
    if (row !== undefined) {
      const data = Buffer.from(row.data);
      const index = Math.floor(part * (data.length - 1));
      data[index] = (data.readUInt8(index) + 1) % 256;
      this.#db.prepare('UPDATE item SET data = ? WHERE id = ?').run(data, row.id);
      this.#touch('item', row.id);
    }
  }

  #clear(table: Followed): void {
    for (const id of this.#ids(table, 0, Infinity)) {
      this.#touch(table, id);
    }
    this.#db.exec(`DELETE FROM ${table}`);
  }

  #note(count: number, size: number): void {
    const insert = this.#db.prepare('INSERT INTO note (body) VALUES (?)');
    for (let index = 0; index < count; index += 1) {
      this.#touch('note', Number(insert.run(text(size, index)).lastInsertRowid));
    }
  }

  #link(count: number): void {
    const insert = this.#db.prepare('INSERT OR IGNORE INTO link VALUES (?, ?)');
    for (let index = 0; index < count; index += 1) {
      this.#touch('link', Number(insert.run(this.#made, index).lastInsertRowid));
    }
  }

  #unlink(at: Part, count: number): void {
    const remove = this.#db.prepare('DELETE FROM link WHERE rowid = ?');
    for (const id of this.#ids('link', at, count)) {
      remove.run(id);
      this.#touch('link', id);
    }
  }

  #noise(count: number, size: number): void {
    const insert = this.#db.prepare('INSERT INTO noise (body) VALUES (?)');
    const word = this.#db.prepare('INSERT OR REPLACE INTO words VALUES (?, ?)');
    for (let index = 0; index < count; index += 1) {
      insert.run(bytes(size, index));
      word.run(`${this.#made} ${index}`, text(Math.min(size, 200), index));
    }
  }

  #quiet(at: Part, count: number): void {
    const max = this.#max('noise');
    this.#db.prepare('DELETE FROM noise WHERE id >= ? LIMIT +?').run(Math.floor(at * max), count);
    this.#db.prepare('DELETE FROM words WHERE word > ? LIMIT +?').run(String(at), count);
  }

  #ids(table: Followed, at: Part, count: number): readonly number[] {
    return this.#db
      .prepare<[number, number], number>(
        `SELECT rowid FROM ${table} WHERE rowid >= ? ORDER BY rowid LIMIT +?`,
      )
      .pluck()
      .all(Math.floor(at * this.#max(table)), Math.min(count, 2 ** 31));
  }

  #max(table: string): number {
    const where = `WHERE rowid < ${FAR}`;
    return (
      this.#db.prepare<[], number>(`SELECT coalesce(max(rowid), 0) FROM ${table} ${where}`).pluck().get() ?? 0
    );
  }
}

function text(size: number, seed: number): string {
  return `${seed} `.repeat(Math.ceil(size / 2)).slice(0, size);
}

function bytes(size: number, seed: number): Buffer {
  return Buffer.alloc(size, (seed % 250) + 1);
}
