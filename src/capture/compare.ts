import type { PrintedTable, PrintQueries, PrintRow } from '../messages-db/index.ts';
import { contentOf, flagsOf, PRINT_FLAGS } from '../messages-db/index.ts';
import type { Prints } from './prints.ts';
import type { Before } from './protocol.ts';
import type { RowRange } from './row-ranges.ts';

/** Added to the print of a message in Recently Deleted: its own row says nothing of it. */
export const RECENTLY_DELETED = 2 ** 52;

export interface Difference {
  readonly id: number;
  /** 0 where the row had no print. */
  readonly before: number;
  readonly now: number;
}

export interface Comparison {
  readonly different: readonly Difference[];
  readonly deleted: readonly number[];
  /** How many rows were compared. */
  readonly compared: number;
  /** What of the range has not been compared, as there was too much of it. */
  readonly rest: RowRange | null;
}

/** Compares what the rows of a range say now with what their prints say. Changes nothing. */
export function compareRange(
  queries: PrintQueries,
  table: PrintedTable,
  range: RowRange,
  known: {
    readonly prints: Prints;
    readonly isRecentlyDeleted: (id: number) => boolean;
    readonly limit: number;
  },
): Comparison {
  const rows = queries.within(table, range.after, Math.min(range.upTo, Number.MAX_SAFE_INTEGER), known.limit);
  const last = rows.length < known.limit ? null : (rows.at(-1)?.[0] ?? null);
  const compared = { after: range.after, upTo: last ?? range.upTo };
  return {
    ...compareRows(rows, compared, known),
    compared: rows.length,
    rest: last === null || last >= range.upTo ? null : { after: last, upTo: range.upTo },
  };
}

/** The same of rows that have been read already: all there are in the range. */
export function compareRows(
  rows: readonly PrintRow[],
  range: RowRange,
  known: { readonly prints: Prints; readonly isRecentlyDeleted: (id: number) => boolean },
): Pick<Comparison, 'different' | 'deleted'> {
  const different: Difference[] = [];
  let alive = 0;
  for (const [id, print] of rows) {
    const before = known.prints.get(id);
    const now = print + (known.isRecentlyDeleted(id) ? RECENTLY_DELETED : 0);
    alive += before === 0 ? 0 : 1;
    if (before !== now) {
      different.push({ id, before, now });
    }
  }
  return { different, deleted: deletedOf(rows, range, known.prints, alive) };
}

function deletedOf(rows: readonly PrintRow[], range: RowRange, prints: Prints, alive: number): number[] {
  const ids = [...prints.idsIn(range)];
  if (ids.length === alive) {
    return [];
  }
  const present = new Set(rows.map(([id]) => id));
  return ids.filter((id) => !present.has(id));
}

/** What a print says of its row; `now` is what it says today. */
export function beforeOf(before: number, now: number): Before | null {
  if (before === 0) {
    return null;
  }
  const flags = flagsOf(before);
  return {
    sent: (flags & PRINT_FLAGS.sent) !== 0,
    delivered: (flags & PRINT_FLAGS.delivered) !== 0,
    read: (flags & PRINT_FLAGS.read) !== 0,
    failed: (flags & PRINT_FLAGS.failed) !== 0,
    changed: (flags & PRINT_FLAGS.changed) !== 0,
    recentlyDeleted: before >= RECENTLY_DELETED,
    isContentOther: contentOf(before % RECENTLY_DELETED) !== contentOf(now % RECENTLY_DELETED),
  };
}
