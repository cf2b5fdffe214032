/** The rows with `after < ROWID <= upTo`; the ends of a table are `-Infinity` and `Infinity`. */
export interface RowRange {
  readonly after: number;
  readonly upTo: number;
}

/** Collects the ranges of one look, table by table. */
export class RangeCollector {
  readonly #tables = new Map<string, RowRange[]>();

  get isEmpty(): boolean {
    return this.#tables.size === 0;
  }

  add(table: string, range: RowRange): void {
    const ranges = this.#tables.get(table);
    if (ranges === undefined) {
      this.#tables.set(table, [range]);
    } else {
      ranges.push(range);
    }
  }

  addAll(tables: ReadonlyMap<string, readonly RowRange[]>): void {
    for (const [table, ranges] of tables) {
      for (const range of ranges) {
        this.add(table, range);
      }
    }
  }

  /** In order, without overlap, and neighbours made one. The collector is empty afterwards. */
  take(): ReadonlyMap<string, readonly RowRange[]> {
    const merged = new Map([...this.#tables].map(([table, ranges]) => [table, merge(ranges)] as const));
    this.#tables.clear();
    return merged;
  }
}

export function merge(ranges: readonly RowRange[]): readonly RowRange[] {
  const merged: { after: number; upTo: number }[] = [];
  for (const { after, upTo } of ranges.toSorted((a, b) => byBound(a.after, b.after))) {
    const last = merged.at(-1);
    if (last !== undefined && after <= last.upTo) {
      last.upTo = Math.max(last.upTo, upTo);
    } else {
      merged.push({ after, upTo });
    }
  }
  return merged;
}

/** Two infinities of one sign have no difference. */
function byBound(a: number, b: number): number {
  return a < b ? -1 : Number(a > b);
}
