import type { PrintedTable, PrintQueries } from '../messages-db/index.ts';
import type { Instant } from '../domain/index.ts';
import { compareRows, type Difference } from './compare.ts';
import type { Prints } from './prints.ts';
import type { ReaderFigures, ReconcileKind } from './protocol.ts';

/** Rows compared in one read: about 5 ms. */
const SLICE_ROWS = 4_000;

export interface Slice {
  readonly table: PrintedTable;
  readonly kind: ReconcileKind;
  readonly after: number;
  readonly upTo: number;
  readonly different: readonly Difference[];
  readonly deleted: readonly number[];
}

interface Run {
  readonly kind: ReconcileKind;
  readonly of: number;
  readonly left: readonly { readonly table: PrintedTable; readonly upTo: number }[];
  rows: number;
}

/**
 * Compares the whole of the tables with their prints, newest rows first, a slice at a time: after a start, where
 * nobody looked; after a loss, where the WAL no longer tells; and once a day, to be sure. One at a time: a run that is
 * asked for while another is under way starts it over.
 */
export class Reconcile {
  readonly #prints: Readonly<Record<PrintedTable, Prints>>;
  readonly #isRecentlyDeleted: (id: number) => boolean;
  #run: Run | null = null;
  #surprises = 0;
  #finishedAt: Instant | null = null;

  constructor(prints: Readonly<Record<PrintedTable, Prints>>, isRecentlyDeleted: (id: number) => boolean) {
    this.#prints = prints;
    this.#isRecentlyDeleted = isRecentlyDeleted;
  }

  get isRunning(): boolean {
    return this.#run !== null;
  }

  get finishedAt(): Instant | null {
    return this.#finishedAt;
  }

  /** @param upTo the highest ROWIDs that have been told */
  start(kind: ReconcileKind, upTo: Readonly<Record<PrintedTable, number>>): void {
    this.#run = {
      kind: this.#run?.kind ?? kind,
      of: upTo.message,
      rows: 0,
      left: [
        { table: 'message', upTo: upTo.message },
        { table: 'attachment', upTo: upTo.attachment },
      ],
    };
  }

  /** The next slice, within a snapshot; `null` when the run has come to its end. */
  next(queries: PrintQueries, now: Instant): Slice | null {
    const run = this.#run;
    const [current, ...others] = run?.left ?? [];
    if (run === null || current === undefined) {
      this.#run = null;
      this.#finishedAt = now;
      return null;
    }
    const { table, upTo } = current;
    const rows = queries.below(table, upTo, SLICE_ROWS);
    const lowest = rows.at(-1)?.[0] ?? 0;
    const after = rows.length < SLICE_ROWS ? 0 : lowest - 1;
    this.#run = {
      ...run,
      rows: run.rows + (table === 'message' ? rows.length : 0),
      left: after <= 0 ? others : [{ table, upTo: after }, ...others],
    };
    const known = {
      prints: this.#prints[table],
      isRecentlyDeleted: table === 'message' ? this.#isRecentlyDeleted : () => false,
    };
    return { table, kind: run.kind, after, upTo, ...compareRows(rows, { after, upTo }, known) };
  }

  countSurprises(count: number): void {
    this.#surprises += count;
  }

  figures(): ReaderFigures['reconcile'] {
    return {
      running: this.#run?.kind ?? null,
      rows: this.#run?.rows ?? 0,
      of: this.#run?.of ?? 0,
      surprises: this.#surprises,
      finishedAt: this.#finishedAt,
    };
  }
}
