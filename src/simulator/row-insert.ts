import type Database from 'better-sqlite3';

export type Cell = string | number | bigint | Buffer | null;

/** A new row: which table it went into, and its ROWID. */
export type InsertRow = (table: string, row: Readonly<Record<string, Cell>>) => number;

/** Changes columns of one row of `message`. */
export type ChangeMessage = (rowId: number, columns: Readonly<Record<string, Cell>>) => void;

/** The columns that a table of this file has, looked up once; none for a table that the era does not have. */
export function columnFinder(db: Database.Database): (table: string) => ReadonlySet<string> {
  const columns = new Map<string, ReadonlySet<string>>();
  return (table) => {
    const known = columns.get(table);
    if (known !== undefined) {
      return known;
    }
    const rows = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)').all(table);
    const found = new Set(rows.map((row) => row.name));
    columns.set(table, found);
    return found;
  };
}

/**
 * Inserts by column name, leaving out the columns that the era does not have: what a later macOS tells beside the
 * rest simply is not there on an earlier one.
 */
export function columnAwareInsert(db: Database.Database): InsertRow {
  const columnsOf = columnFinder(db);
  const statements = new Map<string, Database.Statement<Cell[]>>();
  return (table, row) => {
    const existing = columnsOf(table);
    const names = Object.keys(row).filter((name) => existing.has(name));
    const sql = `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
    const statement = statements.get(sql) ?? db.prepare<Cell[]>(sql);
    statements.set(sql, statement);
    return Number(statement.run(...names.map((name) => row[name] ?? null)).lastInsertRowid);
  };
}

/** Changes by column name, likewise. */
export function columnAwareChange(db: Database.Database): ChangeMessage {
  const columnsOf = columnFinder(db);
  return (rowId, columns) => {
    const existing = columnsOf('message');
    const names = Object.keys(columns).filter((name) => existing.has(name));
    const sql = `UPDATE message SET ${names.map((name) => `${name} = ?`).join(', ')} WHERE ROWID = ?`;
    db.prepare<Cell[]>(sql).run(...names.map((name) => columns[name] ?? null), rowId);
  };
}
