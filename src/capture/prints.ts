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

/**
 * The print of every row as it was last told, eight bytes each. A row that has none is either not known yet or gone.
 * Rows are told before the stored prints have come: what is set until then says nothing of its neighbours.
 */
export class Prints {
  readonly #table: PrintedTable;
  readonly #chunks = new Map<number, Float64Array>();
  readonly #dirty = new Set<number>();
  #isLoaded = false;

  constructor(table: PrintedTable) {
    this.#table = table;
  }

  /** 0 where the row has none. */
  get(id: number): number {
    return this.#chunks.get(Math.floor(id / CHUNK_ROWS))?.[id % CHUNK_ROWS] || 0;
  }

  set(id: number, print: number): void {
    const chunk = Math.floor(id / CHUNK_ROWS);
    let prints = this.#chunks.get(chunk);
    if (prints === undefined) {
      prints = new Float64Array(CHUNK_ROWS).fill(this.#isLoaded ? 0 : Number.NaN);
      this.#chunks.set(chunk, prints);
    }
    if (prints[id % CHUNK_ROWS] !== print) {
      prints[id % CHUNK_ROWS] = print;
      this.#dirty.add(chunk);
    }
  }

  delete(id: number): void {
    if (this.get(id) !== 0) {
      this.set(id, 0);
    }
  }

  /** The rows of a range that have a print, ascending. */
  *idsIn(range: RowRange): Generator<number> {
    const first = Math.floor(Math.max(0, range.after + 1) / CHUNK_ROWS);
    const last = Math.floor(range.upTo / CHUNK_ROWS);
    // A range may end at infinity, and ROWIDs may be sparse: never count through numbers that nothing stands for.
    const chunks =
      last - first < this.#chunks.size
        ? Array.from({ length: last - first + 1 }, (_, index) => first + index)
        : [...this.#chunks.keys()].filter((chunk) => chunk >= first && chunk <= last).sort((a, b) => a - b);
    for (const chunk of chunks) {
      const prints = this.#chunks.get(chunk);
      if (prints !== undefined) {
        yield* idsOf(chunk, prints, range);
      }
    }
  }

  /** What has changed since the last call, for the store. */
  takeDirty(): PrintChunk[] {
    const taken = [...this.#dirty].map((chunk) => ({
      table: this.#table,
      chunk,
      prints: Float64Array.from(this.#chunks.get(chunk) ?? []),
    }));
    this.#dirty.clear();
    return taken;
  }

  /** What is stored; a print that was set since is newer. */
  load({ chunk, prints }: PrintChunk): void {
    const known = this.#chunks.get(chunk);
    this.#chunks.set(chunk, known === undefined ? prints : mergedPrints(prints, known));
  }

  /** All that is stored has come: any other row has no print. */
  finishLoading(): void {
    this.#isLoaded = true;
    for (const prints of this.#chunks.values()) {
      prints.forEach((print, index) => {
        prints[index] = print || 0;
      });
    }
  }
}

/** What a later state of a chunk leaves of an earlier one. */
export function mergedPrints(before: Float64Array | null, now: Float64Array): Float64Array {
  return now.map((print, index) => (Number.isNaN(print) ? (before?.[index] ?? 0) : print));
}

function* idsOf(chunk: number, prints: Float64Array, range: RowRange): Generator<number> {
  for (let index = 0; index < CHUNK_ROWS; index += 1) {
    const id = chunk * CHUNK_ROWS + index;
    if (prints[index] !== 0 && id > range.after && id <= range.upTo) {
      yield id;
    }
  }
}
