import type { History } from './capture-history.ts';
import type { Row, RowState } from './capture-model.ts';
import type { Random } from './random.ts';

/** The newest rows, which every way of watching sees. */
const FRESH_ROWS = 300;
/** Rows that far back are beyond the reach of a watch on the newest ones. */
const BACK_ROWS = 600;
const TRIES = 24;

/** Finds rows to change, of every age. */
export class Targets {
  readonly #random: Random;
  readonly #all: readonly Row[];
  readonly #history: History;

  /** @param all the rows of the storm in the order of their ROWIDs, growing */
  constructor(random: Random, all: readonly Row[], history: History) {
    this.#random = random;
    this.#all = all;
    this.#history = history;
  }

  /** A row that fits: one of the newest, one more than 500 rows back, or one of years ago; `null` if none was found. */
  pick(fits: (row: Row) => boolean, isNear: boolean): Row | null {
    const dice = isNear ? 0 : this.#random.below(10);
    for (let tries = 0; tries < TRIES; tries += 1) {
      const row = dice < 4 ? this.#fresh() : dice < 7 ? this.#back() : this.#any(this.#history.old);
      if (row?.now.isThere === true && fits(row)) {
        return row;
      }
    }
    return null;
  }

  #fresh(): Row | undefined {
    const among = Math.max(1, Math.min(FRESH_ROWS, this.#all.length));
    return this.#all[this.#all.length - 1 - this.#random.below(among)];
  }

  #back(): Row | undefined {
    const behind = this.#all.length - BACK_ROWS;
    return behind > 0 && this.#random.below(2) === 0
      ? this.#all[this.#random.below(behind)]
      : this.#any(this.#history.back);
  }

  #any(rows: readonly Row[]): Row | undefined {
    return rows[this.#random.below(Math.max(1, rows.length))];
  }
}

/** An ordinary message that stands in its chat whole: it can be edited, taken back, and added to. */
export function isEditable({ now }: Row): boolean {
  const { content } = now;
  return (
    now.kind === 'message' &&
    now.place === 'chat' &&
    (content === null || (content.text !== null && content.retracted.length === 0))
  );
}

/** With nothing but a text that was never edited. */
export function isBare({ content, hasPreview }: RowState): boolean {
  const isPlain = content === null || (content.files.length === 0 && content.revisions.length === 0);
  return isPlain && !hasPreview;
}
