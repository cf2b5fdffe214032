import { instant, type Instant } from '../domain/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import type { Clock } from '../runtime/index.ts';
import { JOINED_TABLES, NO_TABLES, type ChangeSource, type Hints } from './change-source.ts';
import { rangesOf, type RowRange } from './row-ranges.ts';

/** The newest rows, compared whenever something has been written. */
const RECENT_ROWS = 500;
/** Own rows neither read nor failed are compared for so long, however many rows came after them. */
const OPEN_DAYS = 7;
const OPEN_LIMIT = 500;
const OPEN_EVERY_MS = 5_000;
/** Every so often the rows of the last days are compared, a slice at a time. */
const SWEEP_EVERY_MS = 60_000;
const SWEEP_DAYS = 7;
const SWEEP_LIMIT = 20_000;
const SWEEP_SLICE = 2_000;
const DAY_MS = 86_400_000;

/**
 * Looks where changes mostly are: the newest 500 rows and our own open ones at each commit, the last week each minute.
 * All the rest is left to the daily comparison of everything.
 */
export class ScanSource implements ChangeSource {
  readonly mode = 'scan';
  readonly modeReason: string;
  readonly #db: MessagesDb;
  readonly #clock: Clock;
  #dataVersion: number | null = null;
  #open: readonly RowRange[] = [];
  #sweep: RowRange | null = null;
  #nextSweepAt: Instant;
  #nextOpenAt: Instant;
  #looks = 0;

  constructor(db: MessagesDb, clock: Clock, modeReason: string) {
    this.modeReason = modeReason;
    this.#db = db;
    this.#clock = clock;
    this.#nextSweepAt = clock.now();
    this.#nextOpenAt = clock.now();
  }

  look(upTo: number): Hints {
    this.#looks += 1;
    const dataVersion = this.#db.dataVersion();
    const isQuiet = dataVersion === this.#dataVersion;
    this.#dataVersion = dataVersion;
    const sweep = this.#nextSlice(upTo);
    if (isQuiet) {
      return { isQuiet: sweep.length === 0, message: sweep, attachment: [], joins: NO_TABLES, lost: null };
    }
    this.#refreshOpen();
    const recent = { after: Math.max(0, upTo - RECENT_ROWS), upTo };
    return {
      isQuiet: false,
      message: [recent, ...this.#open, ...sweep],
      attachment: [
        { after: Math.max(0, this.#db.prints().lastRow('attachment') - RECENT_ROWS), upTo: Infinity },
      ],
      joins: JOINED_TABLES,
      lost: null,
    };
  }

  prepare(): 'ready' {
    this.#nextSweepAt = this.#clock.now();
    return 'ready';
  }

  isSettled(): boolean {
    return false;
  }

  awaitCommit(): void {
    // Only the WAL tells what is on its way.
  }

  /** Each look asks SQLite, which is what a look costs. */
  isStill(): boolean {
    return false;
  }

  idle(): boolean {
    return false;
  }

  figures(): ReturnType<ChangeSource['figures']> {
    return { looks: this.#looks, resets: { proved: 0, salvaged: 0, lost: 0 }, pageMapMs: null };
  }

  #refreshOpen(): void {
    const now = this.#clock.now();
    if (now >= this.#nextOpenAt || this.#nextOpenAt - now > OPEN_EVERY_MS) {
      this.#nextOpenAt = instant(now + OPEN_EVERY_MS);
      this.#open = rangesOf(this.#db.openOwnRows(instant(now - OPEN_DAYS * DAY_MS), OPEN_LIMIT));
    }
  }

  /** Also when the clock was set back: the next sweep would else be hours away. */
  #nextSlice(upTo: number): RowRange[] {
    const now = this.#clock.now();
    if (this.#sweep === null && (now >= this.#nextSweepAt || this.#nextSweepAt - now > SWEEP_EVERY_MS)) {
      this.#nextSweepAt = instant(now + SWEEP_EVERY_MS);
      const first = this.#db.firstRowSince(instant(now - SWEEP_DAYS * DAY_MS), SWEEP_LIMIT);
      this.#sweep = first === null ? null : { after: first - 1, upTo };
    }
    const sweep = this.#sweep;
    if (sweep === null) {
      return [];
    }
    const after = Math.max(sweep.after, sweep.upTo - SWEEP_SLICE);
    this.#sweep = after <= sweep.after ? null : { after: sweep.after, upTo: after };
    return [{ after, upTo: sweep.upTo }];
  }
}
