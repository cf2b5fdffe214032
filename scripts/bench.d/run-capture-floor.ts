/**
 * The floor: follows chat.db with SQLite, `fs.watch` and the ladder, reads the rows that are new, and does nothing else.
 * It cannot find out which older row has changed: it is told beforehand which one is next, and reads that.
 */
import { serve, sharedMs } from './capture-child.ts';
import { follow, NEW_ROWS } from './capture-follow.ts';
import { eventKey, followerRequestSchema, type OwnRow, type Seen } from './capture-protocol.ts';

interface Receipts {
  readonly is_delivered: number;
  readonly date_delivered: number;
  readonly date_read: number;
}

class Floor {
  readonly #seen: Seen[] = [];
  readonly #receipts = new Map<number, Receipts>();
  readonly #look: () => void;
  readonly #receiptsOf: (rowId: number) => Receipts;
  #expected: OwnRow[] = [];

  constructor(path: string) {
    const db = follow(path, 0, () => this.#look());
    const fresh = db.prepare<[number], { ROWID: number; guid: string; is_from_me: number }>(NEW_ROWS);
    const one = db.prepare<[number], Receipts>(
      'SELECT is_delivered, date_delivered, date_read FROM message WHERE ROWID = ?',
    );
    this.#receiptsOf = (rowId) => one.get(rowId) ?? { is_delivered: 0, date_delivered: 0, date_read: 0 };
    let cursor = db.prepare<[], number>('SELECT MAX(ROWID) FROM message').pluck().get() ?? 0;
    this.#look = () => {
      for (let rows = fresh.all(cursor); rows.length > 0; rows = fresh.all(cursor)) {
        const at = sharedMs();
        for (const row of rows) {
          const type = row.is_from_me === 1 ? 'message.created' : 'message.received';
          this.#seen.push({ key: eventKey(type, row.guid), at });
          cursor = row.ROWID;
        }
      }
      while (this.#hasNextChanged()) {
        this.#expected.shift();
      }
    };
  }

  expect(rows: readonly OwnRow[]): void {
    this.#expected = [...rows];
    for (const { rowId } of rows) {
      this.#receipts.set(rowId, this.#receiptsOf(rowId));
    }
  }

  collect(): Seen[] {
    return this.#seen.splice(0);
  }

  #hasNextChanged(): boolean {
    const [next] = this.#expected;
    if (next === undefined) {
      return false;
    }
    const was = this.#receipts.get(next.rowId);
    const now = this.#receiptsOf(next.rowId);
    if (was?.date_read === now.date_read && was.date_delivered === now.date_delivered) {
      return false;
    }
    const type = was?.date_read === now.date_read ? 'message.delivered' : 'message.read';
    this.#seen.push({ key: eventKey(type, next.guid), at: sharedMs() });
    this.#receipts.set(next.rowId, now);
    return true;
  }
}

let floor: Floor | null = null;

serve(followerRequestSchema, (request) => {
  switch (request.kind) {
    case 'open':
      floor = new Floor(request.path);
      return null;
    case 'expect':
      floor?.expect(request.rows);
      return null;
    case 'collect':
      return floor?.collect() ?? [];
    default:
      return request satisfies never;
  }
});
