import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { formOf } from './migrate.ts';
import { quickCheck } from './quick-check.ts';

/** What can be said of a store without saying what is in it. */
export interface StoreFigures {
  readonly bytes: number;
  /** The step that its schema has reached; `null` where it cannot be read. */
  readonly form: number | null;
  /** `ok`, or what SQLite found wrong. */
  readonly integrity: string;
  /** Rows, by table. */
  readonly rows: Readonly<Record<string, number>>;
}

/** `null` where there is no store. Beside a daemon that uses it: reads alone. */
export function describeStore(path: string): StoreFigures | null {
  if (!existsSync(path)) {
    return null;
  }
  const { size: bytes } = statSync(path);
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    const names = db
      .prepare<[], { name: string }>(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
      )
      .all()
      .map(({ name }) => name);
    return {
      bytes,
      form: formOf(db),
      integrity: quickCheck(db) ?? 'ok',
      rows: Object.fromEntries(
        names.map((name) => [name, Number(db.prepare(`SELECT COUNT(*) FROM "${name}"`).pluck().get())]),
      ),
    };
  } catch (error) {
    if (!(error instanceof Database.SqliteError)) {
      throw error;
    }
    return { bytes, form: null, integrity: `${error.code}: ${error.message}`, rows: {} };
  } finally {
    db.close();
  }
}
