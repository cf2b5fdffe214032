import type { JoinTable, PrintQueries } from '../messages-db/index.ts';

/** The newest entries are remembered: once they are deleted, their ROWIDs are given to others. */
const WINDOW = 64;
/** How far back entries count as touched when the newest ones have gone. */
const WIDE = 1_000;
const PAGE = 2_000;

export interface NewJoins {
  /** Messages that have just been joined. */
  readonly joined: readonly number[];
  /** Messages whose join may be another one: entries were deleted, and their ROWIDs may stand for others. */
  readonly uncertain: readonly number[];
}

const NOTHING: NewJoins = { joined: [], uncertain: [] };

/**
 * Follows a join table by its own ROWID. Its rows are never changed in place, but the table is not AUTOINCREMENT: the
 * ROWID of a deleted newest entry is given again, so that a cursor alone would miss the next one.
 */
export class JoinTail {
  readonly #table: JoinTable;
  #last: number;
  #recent: ReadonlyMap<number, number> | null = null;

  constructor(table: JoinTable, last: number) {
    this.#table = table;
    this.#last = last;
  }

  get last(): number {
    return this.#last;
  }

  look(queries: PrintQueries): NewJoins {
    const recent = this.#recent;
    const last = this.#last;
    const from = Math.max(0, last - WINDOW);
    const rows = [...queries.joinsAfter(this.#table, from, PAGE)];
    for (let page = rows.length; page === PAGE;) {
      const more = queries.joinsAfter(this.#table, rows.at(-1)?.[0] ?? from, PAGE);
      rows.push(...more);
      page = more.length;
    }
    this.#last = rows.at(-1)?.[0] ?? queries.lastJoin(this.#table);
    const now = new Map(rows);
    const hasLost = recent !== null && [...recent.keys()].some((id) => !now.has(id));
    // Where the newest have gone, the window lies lower than what was read.
    const window = hasLost ? queries.joinsAfter(this.#table, this.#last - WINDOW, PAGE) : rows;
    this.#recent = new Map(window.filter(([id]) => id > this.#last - WINDOW));
    const joined = rows.filter(([id]) => id > last).map(([, message]) => message);
    if (recent === null) {
      return joined.length === 0 ? NOTHING : { joined, uncertain: [] };
    }
    const reused = rows.filter(([id, message]) => id <= last && recent.get(id) !== message);
    return joined.length === 0 && reused.length === 0 && !hasLost
      ? NOTHING
      : {
          joined: [...reused.map(([, message]) => message), ...joined],
          uncertain: hasLost ? this.#wide(queries) : [],
        };
  }

  #wide(queries: PrintQueries): number[] {
    return queries
      .joinsAfter(this.#table, Math.max(0, this.#last - WIDE), WIDE)
      .map(([, message]) => message);
  }
}
