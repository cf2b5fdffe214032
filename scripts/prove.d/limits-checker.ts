import { blocksOf, type Conduct } from './limits-blocks.ts';
import type { Row } from './limits-evidence.ts';
import type { LimitTable } from './limits-table.ts';
import { MINUTE, World } from './limits-world.ts';

/** A message of ours that left when a window was full. */
export interface Breach {
  readonly rule: string;
  readonly at: number;
  readonly contact: string;
}

/** How long a state of the account must have lasted before it binds: the line is looked at each minute. */
const SETTLED_MS = 10 * MINUTE;

/** From a text to the file that belongs to it. */
const HALVES_MS = 5_000;

/**
 * Goes through what happened in the order in which it was known, and holds every message of ours against each limit,
 * counted from the messages that had been there before it.
 */
export function findBreaches(rows: readonly Row[], table: LimitTable): readonly Breach[] {
  const world = new World();
  const conduct = new ConductWatch(table);
  const found: Breach[] = [];
  let last: { readonly contact: string; readonly at: number } | null = null;
  for (const row of rows) {
    if (row.calledAt !== null) {
      const at = row.calledAt;
      // A file that goes right after a text is the same follow-up; it is counted as a message of its own all the same.
      const isSecondHalf = row.hasFile && last?.contact === row.contact && at - last.at <= HALVES_MS;
      const blocks = blocksOf(world, row, at, table, conduct.at(world, at)).filter(
        ({ rule }) => !(isSecondHalf && rule === 'recipient_cooling_down apart'),
      );
      found.push(...blocks.map(({ rule }) => ({ rule, at, contact: row.contact })));
      last = { contact: row.contact, at };
    }
    world.add(row);
    conduct.saw(row);
  }
  return found;
}

/** How the account's conduct stands, as far as it is beyond doubt: since when few have answered. */
class ConductWatch {
  readonly #table: LimitTable;
  #coldSince: number | null = null;
  #riskSince: number | null = null;

  constructor(table: LimitTable) {
    this.#table = table;
  }

  at(world: World, at: number): Conduct {
    const { responsePercent: limit, isDiversityJudged } = this.#table;
    const percent = limit === null ? null : world.responsePercent(at);
    const isCold = limit !== null && percent !== null && percent < limit;
    const isAtRisk = (isCold && isDiversityJudged && world.isNarrow(at)) || world.isFallingSilent(at);
    this.#coldSince = isCold ? (this.#coldSince ?? at) : null;
    this.#riskSince = isAtRisk ? (this.#riskSince ?? at) : null;
    const isSettled = (since: number | null) => since !== null && at - since >= SETTLED_MS;
    return {
      isAtRisk: isSettled(this.#riskSince),
      coldGapMs: isSettled(this.#coldSince) ? MINUTE : null,
    };
  }

  /** Whoever writes may have changed it. */
  saw(row: Row): void {
    if (!row.isOut) {
      this.#coldSince = null;
      this.#riskSince = null;
    }
  }
}
