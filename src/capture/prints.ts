import type { PrintedTable } from '../messages-db/index.ts';
import type { RowRange } from './row-ranges.ts';

/**
 * Rows of one chunk: what is sent and written when one print changes, times eight bytes. A blob that a page of the store
 * cannot hold besides others (1,002 bytes) would take pages of its own, and free them again at each change.
 */
export const CHUNK_ROWS = 64;

/**
 * A stretch of prints as it is stored: those of the ROWIDs from `chunk * CHUNK_ROWS` on, 0 where there is no row, NaN
 * where what is stored stays.
 */
export interface PrintChunk {
  readonly table: PrintedTable;
  readonly chunk: number;
  readonly prints: Float64Array;
}

/** Many chunks as they come out of the store: one after the other in one array, as each array costs as much again. */
export interface StoredPrints {
  readonly table: PrintedTable;
  readonly chunks: readonly number[];
  readonly prints: Float64Array;
}

/** Rows of one page in memory, 8 KB: an array of its own for each chunk would take as much again for itself. */
const PAGE_ROWS = 16 * CHUNK_ROWS;

/**
 * The print of every row as it was last told, eight bytes each. A row that has none is either not known yet or gone.
 * Rows are told before the stored prints have come: what is set until then says nothing of its neighbours, which are NaN.
 */
export class Prints {
  readonly #table: PrintedTable;
  readonly #pages = new Map<number, Float64Array>();
  readonly #dirty = new Set<number>();
  #isLoaded = false;

  constructor(table: PrintedTable) {
    this.#table = table;
  }

  /** 0 where the row has none. */
  get(id: number): number {
    return this.#pages.get(Math.floor(id / PAGE_ROWS))?.[id % PAGE_ROWS] || 0;
  }

  set(id: number, print: number): void {
    const page = this.#page(id);
    if (page[id % PAGE_ROWS] !== print) {
      page[id % PAGE_ROWS] = print;
      this.#dirty.add(Math.floor(id / CHUNK_ROWS));
    }
  }

  delete(id: number): void {
    if (this.get(id) !== 0) {
      this.set(id, 0);
    }
  }

  /** The rows of a range that have a print, ascending. */
  *idsIn(range: RowRange): Generator<number> {
    const first = Math.floor(Math.max(0, range.after + 1) / PAGE_ROWS);
    const last = Math.floor(range.upTo / PAGE_ROWS);
    // A range may end at infinity, and ROWIDs may be sparse: never count through numbers that nothing stands for.
    const numbers =
      last - first < this.#pages.size
        ? Array.from({ length: last - first + 1 }, (_, index) => first + index)
        : [...this.#pages.keys()].filter((page) => page >= first && page <= last).sort((a, b) => a - b);
    for (const number of numbers) {
      const page = this.#pages.get(number);
      if (page !== undefined) {
        yield* idsOf(number * PAGE_ROWS, page, range);
      }
    }
  }

  /** What has changed since the last call, for the store. */
  takeDirty(): PrintChunk[] {
    const taken = [...this.#dirty].map((chunk) => {
      const at = (chunk * CHUNK_ROWS) % PAGE_ROWS;
      return {
        table: this.#table,
        chunk,
        prints: this.#page(chunk * CHUNK_ROWS).slice(at, at + CHUNK_ROWS),
      };
    });
    this.#dirty.clear();
    return taken;
  }

  /** What is stored; a print that was set since is newer. */
  load({ chunks, prints }: Pick<StoredPrints, 'chunks' | 'prints'>): void {
    for (const [place, chunk] of chunks.entries()) {
      const page = this.#page(chunk * CHUNK_ROWS);
      const at = (chunk * CHUNK_ROWS) % PAGE_ROWS;
      for (let index = 0; index < CHUNK_ROWS; index += 1) {
        if (Number.isNaN(page[at + index])) {
          page[at + index] = prints[place * CHUNK_ROWS + index] ?? 0;
        }
      }
    }
  }

  /** All that is stored has come: any other row has no print. */
  finishLoading(): void {
    this.#isLoaded = true;
    for (const page of this.#pages.values()) {
      page.forEach((print, index) => {
        page[index] = print || 0;
      });
    }
  }

  /** The page that the row stands in, made where it is not there yet. */
  #page(id: number): Float64Array {
    const number = Math.floor(id / PAGE_ROWS);
    let page = this.#pages.get(number);
    if (page === undefined) {
      page = new Float64Array(PAGE_ROWS).fill(this.#isLoaded ? 0 : Number.NaN);
      this.#pages.set(number, page);
    }
    return page;
  }
}

/** What a later state of a chunk leaves of an earlier one. */
export function mergedPrints(before: Float64Array | null, now: Float64Array): Float64Array {
  return now.map((print, index) => (Number.isNaN(print) ? (before?.[index] ?? 0) : print));
}

function* idsOf(first: number, page: Float64Array, range: RowRange): Generator<number> {
  const from = Math.max(0, range.after + 1 - first);
  const end = Math.min(PAGE_ROWS, range.upTo + 1 - first);
  for (let index = from; index < end; index += 1) {
    if ((page[index] || 0) !== 0) {
      yield first + index;
    }
  }
}
