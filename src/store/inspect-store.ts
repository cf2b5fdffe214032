import { existsSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { isDamage } from './damage.ts';
import { quickCheck } from './quick-check.ts';

/**
 * Up to so many bytes all of a store is looked at. SQLite reads some hundred MB a second, and the start waits for it.
 */
const WHOLE_BYTES = 256 * 1024 * 1024;
/** How long the look at a larger one may take, ms. It is counted between two tables, and two stretches of the journal. */
const BUDGET_MS = 2_000;
/** Events of the journal that are read at a time. */
const STRETCH = 500;

export type StoreCheck =
  /** `whole`: all of it was looked at. */
  | { readonly outcome: 'sound'; readonly whole: boolean }
  /** `found` is what SQLite says of it. */
  | { readonly outcome: 'damaged'; readonly found: string };

/**
 * Looks whether a store is whole, and changes nothing that was committed. Of one that is too large to be looked at in a
 * moment: every table but the journal, then the journal from its newest event back, until the time is used up. The rest
 * is found to be damaged when it is read, and the next start then looks at all of it (`isThorough`).
 * @throws what SQLite throws where the file cannot be read for another reason than damage
 */
export function inspectStore(
  path: string,
  options: { readonly isThorough: boolean; readonly wholeBytes?: number },
): StoreCheck {
  let db: Database.Database | null = null;
  try {
    // What a killed process left half changed is rolled back by whoever reads it next, and must be able to.
    db = new Database(path, { readonly: !existsSync(`${path}-journal`), fileMustExist: true });
    const isWhole = options.isThorough || statSync(path).size <= (options.wholeBytes ?? WHOLE_BYTES);
    const found = isWhole ? quickCheck(db) : checkWithin(db, performance.now() + BUDGET_MS);
    return found === null ? { outcome: 'sound', whole: isWhole } : { outcome: 'damaged', found };
  } catch (error) {
    if (isDamage(error)) {
      return { outcome: 'damaged', found: messageOf(error) };
    }
    throw error;
  } finally {
    db?.close();
  }
}

function checkWithin(db: Database.Database, until: number): string | null {
  const tables = db
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'journal'")
    .pluck()
    .all();
  for (const table of tables) {
    const found = performance.now() < until ? quickCheck(db, table) : null;
    if (found !== null) {
      return found;
    }
  }
  // The length of a text is counted, so that all of it is read, to its last page.
  const stretch = db.prepare<[number], { readonly oldest: number | null }>(
    `SELECT MIN(sequence) AS oldest, SUM(length(type) + length(body)) FROM
       (SELECT sequence, type, body FROM journal WHERE sequence < ? ORDER BY sequence DESC LIMIT ${STRETCH})`,
  );
  let before: number | null = Number.MAX_SAFE_INTEGER;
  while (before !== null && performance.now() < until) {
    before = stretch.get(before)?.oldest ?? null;
  }
  return null;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
