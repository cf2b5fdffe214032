import type { Clock } from '../runtime/index.ts';
import { instant, rowId, type Instant, type RowId } from '../domain/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';

/** The newest rows, whose every change is noticed at the next look. */
const RECENT_ROWS = 500;
/** Own rows not yet read or failed are watched for so long, however many rows came after them. */
const OPEN_DAYS = 7;
const OPEN_LIMIT = 500;
const OPEN_EVERY_MS = 5_000;
/** Every so often all rows of the last days are compared, in slices. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_DAYS = 7;
const SWEEP_LIMIT = 20_000;
const SWEEP_SLICE = 1_000;
const DAY_MS = 86_400_000;

/** What a comparison found. */
export interface Changes {
  readonly changed: readonly RowId[];
  readonly deleted: readonly RowId[];
}

/**
 * Notices changes of rows that have been told already: the newest 500 and our own open ones at every look, the last
 * week once a minute. It compares digests that SQLite computes from the columns that can change; the rows themselves
 * are read only when a digest differs.
 */
export class WatchedRows {
  readonly #clock: Clock;
  readonly #digests = new Map<RowId, string>();
  #open: readonly RowId[] = [];
  #sweep: RowId[] = [];
  #nextSweepAt: Instant;
  #nextOpenAt: Instant;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#nextSweepAt = clock.now();
    this.#nextOpenAt = clock.now();
  }

  /** A sweep is under way or due: look again soon, even if nothing has been written. */
  isSweeping(): boolean {
    return this.#sweep.length > 0 || this.#isSweepDue();
  }

  /** Rows whose digest differs from the last look's, or was not known. Call it before reading those rows. */
  compare(db: MessagesDb, cursor: RowId): Changes {
    this.#refreshOpen(db);
    const from = rowId(Math.max(0, cursor - RECENT_ROWS));
    const seen = new Map(db.digests(from, cursor, RECENT_ROWS).map((row) => [row.rowId, row.digest]));
    const further = [
      ...this.#open.filter((id) => id <= from),
      ...this.#nextSlice(db).filter((id) => id <= from),
    ];
    const asked = new Set(further);
    for (const row of db.digestsByRow(further)) {
      seen.set(row.rowId, row.digest);
    }
    const changed: RowId[] = [];
    for (const [id, digest] of seen) {
      if (this.#digests.get(id) !== digest) {
        this.#digests.set(id, digest);
        changed.push(id);
      }
    }
    const deleted = [...this.#digests.keys()].filter(
      (id) => !seen.has(id) && (asked.has(id) || (id > from && id <= cursor)),
    );
    for (const id of deleted) {
      this.#digests.delete(id);
    }
    return { changed: changed.toSorted((a, b) => a - b), deleted };
  }

  forget(): void {
    this.#digests.clear();
    this.#sweep = [];
    this.#nextSweepAt = this.#clock.now();
  }

  /** Also when the clock was set back: the next sweep would else be hours away. */
  #isSweepDue(): boolean {
    const now = this.#clock.now();
    return now >= this.#nextSweepAt || this.#nextSweepAt - now > SWEEP_EVERY_MS;
  }

  /** Which of our older rows are still under way; asked for now and then, as the newest rows are looked at anyway. */
  #refreshOpen(db: MessagesDb): void {
    const now = this.#clock.now();
    if (now >= this.#nextOpenAt || this.#nextOpenAt - now > OPEN_EVERY_MS) {
      this.#nextOpenAt = instant(now + OPEN_EVERY_MS);
      this.#open = db.openOwnRows(instant(now - OPEN_DAYS * DAY_MS), OPEN_LIMIT);
    }
  }

  #nextSlice(db: MessagesDb): RowId[] {
    const now = this.#clock.now();
    if (this.#sweep.length === 0 && this.#isSweepDue()) {
      this.#nextSweepAt = instant(now + SWEEP_EVERY_MS);
      this.#sweep = db.rowsSince(instant(now - SWEEP_DAYS * DAY_MS), SWEEP_LIMIT);
      this.#dropOld(new Set(this.#sweep));
    }
    return this.#sweep.splice(0, SWEEP_SLICE);
  }

  /** Digests of rows that have left every window are let go, so that memory does not grow with the history. */
  #dropOld(kept: ReadonlySet<RowId>): void {
    const open = new Set(this.#open);
    for (const id of this.#digests.keys()) {
      if (!kept.has(id) && !open.has(id) && this.#digests.size > SWEEP_LIMIT + RECENT_ROWS) {
        this.#digests.delete(id);
      }
    }
  }
}
