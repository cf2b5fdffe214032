import type { Store } from '../../store/index.ts';
import type { ContactRow } from './contact-rows.ts';
import { KEYWORD } from './contact-rows.ts';

/** A row of `ledger_facts`. */
export interface FactRow {
  readonly id: number;
  readonly source: string;
  readonly contact: number;
  readonly at: number;
  readonly is_out: number;
  readonly sort: number;
  readonly family: number;
  readonly error: number;
  readonly delivered_at: number | null;
  readonly was_quiet: number;
  readonly is_ours: number;
  readonly text_digest: number | null;
  readonly keyword: number | null;
  readonly is_spam: number;
}

export type NewFactRow = Omit<FactRow, 'id'>;

export interface FactRows {
  bySource(source: string): FactRow | null;
  insert(row: NewFactRow): void;
  remove(id: number): void;
  /** Rewrites what may change of a message that is known. */
  update(row: Pick<FactRow, 'id' | 'error' | 'delivered_at' | 'was_quiet' | 'text_digest' | 'keyword'>): void;
  setSort(id: number, sort: number): void;
  /** Sends to a contact from one moment up to, and without, another; ascending. */
  sendsTo(contact: number, from: number, until: number): readonly FactRow[];
  firstSendTo(contact: number): FactRow | null;
  /** The last inbound up to a moment; `opening` only counts what opens windows. */
  lastInbound(contact: number, upTo: number, which: 'any' | 'opening'): number | null;
  /** What the contact's row must say, counted from the facts alone. */
  recount(row: ContactRow): ContactRow;
  /** The last send of a text to a contact after a moment. */
  lastOfText(contact: number, digest: number, after: number): number | null;
}

const LATE = -1;
const ALL =
  'id, source, contact, at, is_out, sort, family, error, delivered_at, was_quiet, is_ours, text_digest, keyword, is_spam';

export function factRows(store: Store): FactRows {
  const { db } = store;
  const bySource = db.prepare<[string], FactRow>(`SELECT ${ALL} FROM ledger_facts WHERE source = ?`);
  const insert = db.prepare<[NewFactRow]>(
    `INSERT INTO ledger_facts (source, contact, at, is_out, sort, family, error, delivered_at, was_quiet, is_ours,
       text_digest, keyword, is_spam)
     VALUES (@source, @contact, @at, @is_out, @sort, @family, @error, @delivered_at, @was_quiet, @is_ours,
       @text_digest, @keyword, @is_spam)`,
  );
  const remove = db.prepare<[number]>('DELETE FROM ledger_facts WHERE id = ?');
  const update = db.prepare<[Parameters<FactRows['update']>[0]]>(
    `UPDATE ledger_facts SET error = @error, delivered_at = @delivered_at, was_quiet = @was_quiet,
       text_digest = @text_digest, keyword = @keyword WHERE id = @id`,
  );
  const setSort = db.prepare<[number, number]>('UPDATE ledger_facts SET sort = ? WHERE id = ?');
  const sendsTo = db.prepare<[number, number, number], FactRow>(
    `SELECT ${ALL} FROM ledger_facts WHERE contact = ? AND is_out = 1 AND at >= ? AND at < ? ORDER BY at, id`,
  );
  const firstSendTo = db.prepare<[number], FactRow>(
    `SELECT ${ALL} FROM ledger_facts WHERE contact = ? AND is_out = 1 ORDER BY at, id LIMIT 1`,
  );
  const lastInbound = db
    .prepare<[number, number, number], number>(
      `SELECT at FROM ledger_facts WHERE contact = ? AND is_out = 0 AND at <= ? AND sort >= ?
       ORDER BY at DESC LIMIT 1`,
    )
    .pluck();
  const ends = db.prepare<[number, number], { first: number | null; last: number | null }>(
    'SELECT MIN(at) AS first, MAX(at) AS last FROM ledger_facts WHERE contact = ? AND is_out = ?',
  );
  const lastKeyword = db.prepare<[number], { at: number; keyword: number }>(
    `SELECT at, keyword FROM ledger_facts WHERE contact = ? AND is_out = 0 AND keyword IS NOT NULL
     ORDER BY at DESC, keyword DESC LIMIT 1`,
  );
  const lastOfText = db
    .prepare<[number, number, number], number>(
      `SELECT at FROM ledger_facts WHERE contact = ? AND is_out = 1 AND at > ? AND text_digest = ?
       ORDER BY at DESC LIMIT 1`,
    )
    .pluck();
  return {
    bySource: (source) => bySource.get(source) ?? null,
    insert: (row) => void insert.run(row),
    remove: (id) => void remove.run(id),
    update: (row) => void update.run(row),
    setSort: (id, sort) => void setSort.run(sort, id),
    sendsTo: (contact, from, until) => sendsTo.all(contact, from, until),
    firstSendTo: (contact) => firstSendTo.get(contact) ?? null,
    lastInbound: (contact, upTo, which) =>
      lastInbound.get(contact, upTo, which === 'any' ? LATE : LATE + 1) ?? null,
    recount: (row) => {
      const inbound = ends.get(row.id, 0);
      const outbound = ends.get(row.id, 1);
      const keyword = lastKeyword.get(row.id);
      return {
        ...row,
        first_in_at: inbound?.first ?? null,
        last_in_at: inbound?.last ?? null,
        window_at: lastInbound.get(row.id, Number.MAX_SAFE_INTEGER, LATE + 1) ?? null,
        first_out_at: outbound?.first ?? null,
        last_out_at: outbound?.last ?? null,
        keyword_at: keyword?.at ?? null,
        opted_out: keyword?.keyword === KEYWORD.stop ? 1 : 0,
      };
    },
    lastOfText: (contact, digest, after) => lastOfText.get(contact, after, digest) ?? null,
  };
}
