import type { Instant } from '../../domain/index.ts';
import type { Store } from '../../store/index.ts';
import type { SendSort } from '../facts.ts';
import type { Standing } from '../send.ts';
import { FAMILY, SORT } from './hour-rows.ts';
import type { Family } from '../send.ts';

export interface Reservation {
  readonly id: string;
  readonly contact: number;
  readonly standing: Standing;
  readonly family: Family;
  readonly bubbles: number;
  /** When it is to leave. */
  readonly dueAt: Instant;
  /** Counts no longer from here on, should it never be released. */
  readonly expiresAt: Instant;
  readonly digest: number | null;
}

/**
 * Which reservations a question concerns: all but its own that leave after one moment and before another. What is
 * overdue leaves now.
 */
export interface ReservedQuery {
  readonly except: string;
  readonly now: Instant;
  readonly after: number;
  readonly before: number;
}

/** Places of commands that are accepted and not yet sent. */
export interface Reservations {
  save(reservation: Reservation): void;
  remove(id: string): void;
  /** One of its messages leaves: so many are still to come. The first of a new conversation is followed by reach-outs. */
  release(id: string, left: number): void;
  /** Messages that will count in a window, and when those leave that have a due time. */
  count(family: Family, sort: SendSort, query: ReservedQuery): number;
  /** When the last of them leaves. */
  lastDue(family: Family, sort: SendSort, query: ReservedQuery): number | null;
  dueTimes(family: Family, sort: SendSort, query: ReservedQuery): readonly number[];
  toContact(
    contact: number,
    query: ReservedQuery,
  ): { readonly messages: number; readonly reachOuts: number; readonly commands: number };
  /** Contacts that wait for this text. */
  contactsOfText(digest: number, query: ReservedQuery): readonly number[];
  prune(now: Instant): void;
}

interface Row {
  readonly contact: number;
  readonly sort: number;
  readonly bubbles: number;
  readonly due_at: number;
}

const STANDING = {
  reply: SORT.reply,
  reach_out: SORT.reachOut,
  new_conversation: SORT.newConversation,
} as const satisfies Record<Standing, number>;

/** Messages of a reservation that a window counts: the first of a new conversation is that, the rest are reach-outs. */
function counted(row: Row, sort: SendSort): number {
  const isNew = row.sort === SORT.newConversation;
  switch (sort) {
    case 'all':
      return row.bubbles;
    case 'outreach':
      return row.sort >= SORT.reachOut ? row.bubbles : 0;
    case 'new_conversation':
      return isNew ? 1 : 0;
    case 'reach_out':
      return row.sort < SORT.reachOut ? 0 : row.bubbles - (isNew ? 1 : 0);
    default:
      return sort satisfies never;
  }
}

/** From which sort on a reservation has a part in a window; a new conversation may be followed by reach-outs. */
const LEAST = {
  all: SORT.late,
  outreach: SORT.reachOut,
  reach_out: SORT.reachOut,
  new_conversation: SORT.newConversation,
} as const satisfies Record<SendSort, number>;

interface Sums {
  readonly everything: number;
  readonly outreach: number;
  readonly fresh: number;
}

function sumOf({ everything, outreach, fresh }: Sums, sort: SendSort): number {
  switch (sort) {
    case 'all':
      return everything;
    case 'outreach':
      return outreach;
    case 'new_conversation':
      return fresh;
    case 'reach_out':
      return outreach - fresh;
    default:
      return sort satisfies never;
  }
}

export function reservationRows(store: Store): Reservations {
  const { db } = store;
  const save = db.prepare<[string, number, number, number, number, number, number, number | null]>(
    `INSERT OR REPLACE INTO ledger_reservations (id, contact, sort, family, bubbles, due_at, expires_at, text_digest)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = db.prepare<[string]>('DELETE FROM ledger_reservations WHERE id = ?');
  const shrink = db.prepare<[number, number, number, string]>(
    'UPDATE ledger_reservations SET bubbles = ?, sort = CASE sort WHEN ? THEN ? ELSE sort END WHERE id = ?',
  );
  const CONCERNED = 'id <> @except AND expires_at > @now AND due_at < @before AND MAX(due_at, @now) > @after';
  const all = db.prepare<[ReservedQuery & { family: number }], Row>(
    `SELECT contact, sort, bubbles, due_at FROM ledger_reservations WHERE ${CONCERNED} AND family = @family
     ORDER BY due_at`,
  );
  const sums = db.prepare<[ReservedQuery & { family: number; outreach: number; fresh: number }], Sums>(
    `SELECT COALESCE(SUM(bubbles), 0) AS everything,
       COALESCE(SUM(CASE WHEN sort >= @outreach THEN bubbles ELSE 0 END), 0) AS outreach,
       COALESCE(SUM(sort = @fresh), 0) AS fresh
     FROM ledger_reservations WHERE ${CONCERNED} AND family = @family`,
  );
  const last = db
    .prepare<[ReservedQuery & { family: number; least: number }], number | null>(
      `SELECT MAX(MAX(due_at, @now)) FROM ledger_reservations
       WHERE ${CONCERNED} AND family = @family AND sort >= @least`,
    )
    .pluck();
  const ofContact = db.prepare<[ReservedQuery & { contact: number }], Row>(
    `SELECT contact, sort, bubbles, due_at FROM ledger_reservations WHERE contact = @contact AND ${CONCERNED}`,
  );
  const ofText = db
    .prepare<[ReservedQuery & { digest: number }], number>(
      `SELECT DISTINCT contact FROM ledger_reservations WHERE ${CONCERNED} AND text_digest = @digest`,
    )
    .pluck();
  const prune = db.prepare<[number]>('DELETE FROM ledger_reservations WHERE expires_at <= ?');
  const rows = (family: Family, query: ReservedQuery) => all.all({ ...query, family: FAMILY[family] });
  return {
    save: (one) =>
      void save.run(
        one.id,
        one.contact,
        STANDING[one.standing],
        FAMILY[one.family],
        one.bubbles,
        one.dueAt,
        one.expiresAt,
        one.digest,
      ),
    remove: (id) => void remove.run(id),
    release: (id, left) => {
      if (left > 0) {
        shrink.run(left, SORT.newConversation, SORT.reachOut, id);
      } else {
        remove.run(id);
      }
    },
    // Added up where they lie: a launch day leaves thousands of them.
    count: (family, sort, query) => {
      const found = sums.get({
        ...query,
        family: FAMILY[family],
        outreach: SORT.reachOut,
        fresh: SORT.newConversation,
      });
      return found === undefined ? 0 : sumOf(found, sort);
    },
    lastDue: (family, sort, query) =>
      last.get({ ...query, family: FAMILY[family], least: LEAST[sort] }) ?? null,
    dueTimes: (family, sort, query) =>
      rows(family, query).flatMap((row) =>
        Array.from({ length: counted(row, sort) }, () => Math.max(row.due_at, query.now)),
      ),
    toContact: (contact, query) => {
      const found = ofContact.all({ ...query, contact });
      return {
        messages: found.reduce((sum, row) => sum + row.bubbles, 0),
        reachOuts: found.reduce((sum, row) => sum + counted(row, 'reach_out'), 0),
        commands: found.length,
      };
    },
    contactsOfText: (digest, query) => ofText.all({ ...query, digest }),
    prune: (now) => void prune.run(now),
  };
}
