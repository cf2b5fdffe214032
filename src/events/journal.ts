import { envelope, toWireEvent } from '../contract/index.ts';
import { sequence, type BridgeEvent, type Instant, type Sequence } from '../domain/index.ts';
import { createSortableIds, type Clock } from '../runtime/index.ts';
import type { Durability, Store } from '../store/index.ts';

/** How soon the disk is asked again. */
const FLUSH_RETRY_MS = 500;
/** So many stay, however full the store is: it holds more than the journal, which must not vanish for the rest. */
const KEPT_EVENTS = 10_000;

/** One event as it leaves the machine. */
export interface JournalEntry {
  readonly sequence: Sequence;
  /** The whole wire event, as JSON text. */
  readonly json: string;
}

export interface JournalFilter {
  /** `null` lets every type pass. */
  readonly types: ReadonlySet<string> | null;
  /** `null` lets every line pass; events that belong to no line always pass. */
  readonly lines: ReadonlySet<string> | null;
}

export interface JournalPage {
  readonly entries: readonly JournalEntry[];
  /** Everything up to here has been looked at: read on from it. */
  readonly scannedTo: Sequence;
  /** The journal ended with this page. */
  readonly isLast: boolean;
}

/** How long events are kept: for `ms`, or while the store is smaller than `bytes`, whichever keeps more of them. */
export interface Retention {
  readonly ms: number;
  readonly bytes: number;
  /** Past this size of the store the oldest go whatever their age: a full disk would stop the bridge itself. */
  readonly maxBytes: number;
}

export type Append = (event: BridgeEvent) => void;

/** Told of every event inside the transaction that keeps it; what it appends itself follows. A throw undoes all of it. */
export type Projection = (event: BridgeEvent, append: Append) => void;

/** The one list of everything that happened, in order, numbered 1, 2, 3 … within an epoch. */
export interface Journal {
  /** Named anew with each new store, so that a client can tell that the numbering began again. */
  readonly epoch: string;
  /** The newest sequence that is on the disk: what lies beyond could be given out again, so nobody is told of it. */
  head(): Sequence;
  /** The oldest sequence still held; one past the head while the journal is empty. */
  oldest(): Sequence;
  /**
   * Runs `work` in one store transaction: what it appends and what else it writes is kept together or not at all. With
   * `soon` it returns before the disk has it, and what it appended is read by others once the disk does.
   */
  write<T>(work: (append: Append) => T, durability?: Durability): T;
  read(after: Sequence, limit: number, filter: JournalFilter): JournalPage;
  /** The first sequence that was journalled at a moment or later; one past the head where none was. */
  firstSince(at: Instant): Sequence;
  /** Calls back whenever the head has moved. */
  onAppend(listener: () => void): () => void;
  /**
   * Drops what retention does not keep any more, the oldest first.
   * @param limit events at most
   * @returns how many there were; as many as `limit`: there may be more
   */
  prune(keep: Retention, limit: number): number;
}

export function createJournal(options: {
  readonly store: Store;
  readonly clock: Clock;
  readonly bridgeId: string;
  readonly epoch: string;
  readonly projections?: readonly Projection[];
  /** The disk would not take what was written `soon`. It is tried again, and nobody is told of it before. */
  readonly onFlushFailure?: (error: unknown) => void;
}): Journal {
  const { store, clock, bridgeId, projections = [] } = options;
  const { db } = store;
  const nextId = createSortableIds();
  const insert = db.prepare<[number, string, string | null, number, string]>(
    'INSERT INTO journal (sequence, type, line_id, at, body) VALUES (?, ?, ?, ?, ?)',
  );
  const last = db.prepare<[], { seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'journal'");
  const first = db.prepare<[], { sequence: number | null }>('SELECT MIN(sequence) AS sequence FROM journal');
  const page = db.prepare<
    [number, number, number],
    { sequence: number; type: string; line_id: string | null; body: string }
  >(
    'SELECT sequence, type, line_id, body FROM journal WHERE sequence > ? AND sequence <= ? ORDER BY sequence LIMIT +?',
  );
  const moment = db.prepare<[number], { sequence: number; at: number }>(
    'SELECT sequence, at FROM journal WHERE sequence >= ? ORDER BY sequence LIMIT 1',
  );
  const ages = db.prepare<[number], { sequence: number; at: number }>(
    'SELECT sequence, at FROM journal ORDER BY sequence LIMIT +?',
  );
  const drop = db.prepare<[number]>('DELETE FROM journal WHERE sequence <= ?');
  /** Of the store, what is neither free nor somebody else's: the file itself never shrinks. */
  const usedBytes = () => {
    const pages =
      Number(db.pragma('page_count', { simple: true })) -
      Number(db.pragma('freelist_count', { simple: true }));
    return pages * Number(db.pragma('page_size', { simple: true }));
  };
  const listeners = new Set<() => void>();
  let committed = last.get()?.seq ?? 0;
  let head = committed;
  /** As each reader asks for it at each turn, and only pruning changes it. `null`: not known, or none is held. */
  let oldest: number | null = null;

  const advance = (to: number): void => {
    if (to > head) {
      head = to;
      for (const listener of listeners) {
        listener();
      }
    }
  };
  const flush = (): void => {
    const upTo = committed;
    store.flush().then(
      () => advance(upTo),
      (error: unknown) => {
        options.onFlushFailure?.(error);
        clock.after(FLUSH_RETRY_MS, flush);
      },
    );
  };

  return {
    epoch: options.epoch,
    head: () => sequence(head),
    oldest: () => {
      oldest ??= first.get()?.sequence ?? null;
      return sequence(oldest ?? committed + 1);
    },

    write: <T>(work: (append: Append) => T, durability: Durability = 'now'): T => {
      let next = committed;
      const append: Append = (event) => {
        const now = clock.now();
        const wire = toWireEvent(event, { syncedAt: now });
        next += 1;
        const body = envelope({
          id: `evt_${nextId(now)}`,
          sequence: sequence(next),
          at: now,
          bridgeId,
          type: wire.type,
          lineId: wire.lineId,
          data: wire.data,
        });
        insert.run(next, wire.type, wire.lineId, now, JSON.stringify(body));
        for (const project of projections) {
          project(event, append);
        }
      };
      const result = store.transaction(() => work(append), durability);
      const hasAppended = next !== committed;
      committed = next;
      if (durability === 'now') {
        advance(next);
      } else if (hasAppended) {
        flush();
      }
      return result;
    },

    read: (after, limit, filter) => {
      const rows = page.all(after, head, limit);
      const entries = rows
        .filter(
          (row) =>
            (filter.types === null || filter.types.has(row.type)) &&
            (filter.lines === null || row.line_id === null || filter.lines.has(row.line_id)),
        )
        .map((row) => ({ sequence: sequence(row.sequence), json: row.body }));
      return {
        entries,
        scannedTo: sequence(rows.at(-1)?.sequence ?? after),
        isLast: rows.length < limit,
      };
    },

    firstSince: (at) => {
      // Moments rise with the sequence, but for a clock that was set back; they have no index.
      let low = first.get()?.sequence ?? head + 1;
      let high = head + 1;
      while (low < high) {
        const middle = Math.floor((low + high) / 2);
        const row = moment.get(middle);
        if (row !== undefined && row.sequence <= head && row.at < at) {
          low = row.sequence + 1;
        } else {
          high = middle;
        }
      }
      return sequence(low);
    },

    onAppend: (listener) => {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    prune: (keep, limit) => {
      const bytes = usedBytes();
      if (bytes <= keep.bytes) {
        return 0;
      }
      const eldest = ages.all(limit);
      const isFull = bytes > keep.maxBytes && committed - (eldest[0]?.sequence ?? committed) > KEPT_EVENTS;
      const before = clock.now() - keep.ms;
      const kept = isFull ? -1 : eldest.findIndex(({ at }) => at >= before);
      const last = eldest.at(kept === -1 ? -1 : kept - 1);
      oldest = null;
      return kept === 0 || last === undefined ? 0 : drop.run(last.sequence).changes;
    },
  };
}
