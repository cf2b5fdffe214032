/** The ROWIDs past `after` up to and including `upTo`, which may be infinite. */
export interface RowRange {
  readonly after: number;
  readonly upTo: number;
}

/** Ranges of rows that are still to be compared, merged where they overlap; the newest rows come first. */
export class RangeQueue {
  #ranges: readonly RowRange[] = [];

  get isEmpty(): boolean {
    return this.#ranges.length === 0;
  }

  add(ranges: readonly RowRange[]): void {
    if (ranges.length > 0) {
      this.#ranges = merged([...this.#ranges, ...ranges]);
    }
  }

  /** The range with the highest ROWIDs, which is no longer in the queue. */
  take(): RowRange | null {
    const last = this.#ranges.at(-1) ?? null;
    this.#ranges = this.#ranges.slice(0, -1);
    return last;
  }

  clear(): void {
    this.#ranges = [];
  }
}

/** Ascending, without overlaps. */
export function merged(ranges: readonly RowRange[]): RowRange[] {
  const result: RowRange[] = [];
  for (const range of ranges.toSorted((a, b) => a.after - b.after)) {
    const last = result.at(-1);
    if (last !== undefined && range.after <= last.upTo) {
      result[result.length - 1] = { after: last.after, upTo: Math.max(last.upTo, range.upTo) };
    } else if (range.upTo > range.after) {
      result.push(range);
    }
  }
  return result;
}

/** Each row a range of its own, neighbours joined. */
export function rangesOf(ids: readonly number[]): RowRange[] {
  return merged(ids.map((id) => ({ after: id - 1, upTo: id })));
}
