import { instant, rowId, type Instant, type Message, type RowId } from '../domain/index.ts';
import { errorCode, sleep, type Clock, type Logger } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';

/** Where history is read: chat.db, in short reads. Each call may throw while it cannot be read; it is tried again. */
export interface HistorySource {
  lastRowId(): RowId;
  /** The lowest row among those dated after a moment; `null` where there is none. */
  firstRowSince(since: Instant): RowId | null;
  /** Rows past `after`, ascending; `next` is `null` at the end of the table. */
  rows(after: RowId, limit: number): { readonly messages: readonly Message[]; readonly next: RowId | null };
}

/** How far history has been read. `recent`: what windows need. `all`: whom the account ever knew. */
export interface SeedProgress {
  readonly phase: 'recent' | 'all' | 'done';
  readonly rows: number;
  readonly of: number;
}

export interface Seeder {
  progress(): SeedProgress;
  /** Reads one slice; `false` when there is nothing left to read. */
  step(): boolean;
  /** From the beginning: the database has been replaced. Messages that are known count once all the same. */
  restart(): void;
  /** Reads slice by slice until all is read or the signal aborts; between slices others have their turn. */
  run(signal: AbortSignal): Promise<void>;
}

/** The longest window is 7 days; a day more for clocks and zones. */
const RECENT_MS = 8 * 86_400_000;
/**
 * A slice ends at the first look at the time after so long: it holds up whatever else the process has to do, and on a
 * busy machine no number of rows is known beforehand to take no longer.
 */
const SLICE_MS = 12;
/** Rows between two looks at the time. */
const CHUNK_ROWS = 50;
const RETRY_MS = 5_000;

export function createSeeder(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly log: Logger;
  readonly source: HistorySource;
  /** Counts one slice, inside the transaction that notes how far it goes. */
  readonly count: (messages: readonly Message[]) => void;
}): Seeder {
  const { store, clock, log, source } = options;
  const read = store.db.prepare<[], { phase: string; seeded_to: number; seed_end: number | null }>(
    'SELECT seed_phase AS phase, seeded_to, seed_end FROM ledger_state WHERE id = 1',
  );
  const save = store.db.prepare<[string, number, number | null]>(
    'UPDATE ledger_state SET seed_phase = ?, seeded_to = ?, seed_end = ? WHERE id = 1',
  );
  let known: SeedProgress | null = null;

  const progress = (): SeedProgress => {
    if (known === null) {
      const row = read.get();
      const phase = row?.phase === 'done' || row?.phase === 'all' ? row.phase : 'recent';
      known = { phase, rows: row?.seeded_to ?? 0, of: row?.seed_end ?? 0 };
    }
    return known;
  };

  const keep = (next: SeedProgress): void => {
    save.run(next.phase, next.rows, next.of);
  };

  const step = (): boolean => {
    const before = progress();
    if (before.phase === 'done') {
      return false;
    }
    const startedAt = performance.now();
    const of = before.of === 0 ? source.lastRowId() : before.of;
    let after: number | null = startOf(before, of);
    // What a crash of the machine undoes, progress included, is read again: nobody waits for the disk.
    known = store.transaction(() => {
      let hasTime: boolean;
      do {
        const { messages, next } = source.rows(rowId(after ?? of), CHUNK_ROWS);
        options.count(messages);
        after = next;
        hasTime = performance.now() - startedAt < SLICE_MS;
      } while (after !== null && hasTime);
      const progressed = after === null ? phaseAfter(before, of) : { phase: before.phase, rows: after, of };
      keep(progressed);
      return progressed;
    }, 'soon');
    return known.phase !== 'done';
  };

  const startOf = (before: SeedProgress, of: number): number => {
    if (before.phase !== 'recent' || before.rows > 0) {
      return before.rows;
    }
    const first = source.firstRowSince(instant(clock.now() - RECENT_MS));
    return first === null ? of : first - 1;
  };

  return {
    progress,
    step,
    restart: () => {
      keep({ phase: 'recent', rows: 0, of: 0 });
      known = null;
    },
    run: async (signal) => {
      while (!signal.aborted) {
        try {
          if (!step()) {
            return;
          }
          await new Promise((resolve) => setImmediate(resolve));
        } catch (error) {
          log.warn({ code: errorCode(error) }, 'History could not be read for the ledger; it is tried again');
          await sleep(clock, RETRY_MS, signal);
        }
      }
    },
  };
}

function phaseAfter({ phase }: SeedProgress, of: number): SeedProgress {
  return phase === 'recent' ? { phase: 'all', rows: 0, of } : { phase: 'done', rows: of, of };
}
