import { rowId, type Instant, type Message, type RowId } from '../domain/index.ts';
import type { MessagesDb, ReadMessage } from '../messages-db/index.ts';
import type { PendingRow } from './protocol.ts';
import { settle, type Candidate } from './settle.ts';

/** Waiting rows read again in one look; the others take their turn in the next. */
const READ_ROWS = 300;
/** Waiting rows are looked at this often, even when nothing has been written: their time may be up. */
const EVERY_MS = 250;

/** Rows that came without their chat or their body, while later ones pass. */
export class PendingRows {
  #since: Map<RowId, Instant>;
  #due: RowId[] = [];
  #nextAt = Number.NEGATIVE_INFINITY;

  constructor(rows: readonly PendingRow[]) {
    this.#since = new Map(rows.map((row) => [row.rowId, row.since]));
  }

  get size(): number {
    return this.#since.size;
  }

  has(id: number): boolean {
    return this.#since.has(rowId(id));
  }

  list(): PendingRow[] {
    return [...this.#since].map(([rowId, since]) => ({ rowId, since }));
  }

  /** Something was written, or it has been a while: each is to be read again. */
  isDue(isQuiet: boolean, now: Instant): boolean {
    if (this.#since.size > 0 && (!isQuiet || now >= this.#nextAt || this.#nextAt - now > EVERY_MS)) {
      this.#nextAt = now + EVERY_MS;
      this.#due = [...this.#since.keys()];
    }
    return this.#due.length > 0;
  }

  /** Sorts new rows, and those that are due, into what can be told and what waits on. */
  settle(db: MessagesDb, page: readonly ReadMessage[], now: Instant): readonly Message[] {
    const again = this.#due.splice(0, READ_ROWS);
    const { complete, pending } = settle([...db.readRows(again), ...page].map(candidate), this.#since, now);
    for (const id of again) {
      this.#since.delete(id);
    }
    for (const row of pending) {
      this.#since.set(row.rowId, row.since);
    }
    return complete;
  }
}

function candidate({ message, missing, hold }: ReadMessage): Candidate {
  return { message, missing: { ...missing, hold } };
}
