import type { Store } from '../../store/index.ts';
import type { SendSort } from '../facts.ts';
import { hourOf, hourRows, SORT, type HourSums } from './hour-rows.ts';

const HOUR_MS = 3_600_000;

/** Counts over rolling windows. A window holds what is dated after its start, the start itself left out. */
export interface WindowQueries {
  /** Sends after `from`, those dated in the future included: a clock that was set back frees nothing. */
  sends(family: number, sort: SendSort, from: number): number;
  /** Date of the send that stands at this place of the window, from 0; `null` past its end. */
  sendAt(family: number, sort: SendSort, from: number, place: number): number | null;
  /** Inbound messages after `from` and up to `to`. */
  inbound(family: number, from: number, to: number): number;
  /** Sends after `from` that did not fail. */
  unfailed(family: number, from: number): number;
  /** Date and direction of everything between two moments (the first left out), ascending. */
  between(
    family: number,
    after: number,
    upTo: number,
  ): readonly { readonly at: number; readonly sends: number; readonly inbound: number }[];
  /** The latest send of a kind up to a moment, not older than `after`. */
  last(family: number, sort: 'all' | 'outreach', after: number, upTo: number): number | null;
  /** Messages with a contact after a moment: both ways or ours. */
  withContact(contact: number, counts: 'both' | 'sent', from: number): number;
  withContactAt(contact: number, counts: 'both' | 'sent', from: number, place: number): number | null;
  /** Sends to a contact after a moment; `sort` narrows them to reach-outs. At most `atMost`. */
  sendsTo(contact: number, from: number, sort: 'all' | 'reach_out', atMost: number): number;
}

const SORTS: Readonly<Record<SendSort, readonly [low: number, high: number]>> = {
  all: [SORT.reply, SORT.newConversation],
  outreach: [SORT.reachOut, SORT.newConversation],
  new_conversation: [SORT.newConversation, SORT.newConversation],
  reach_out: [SORT.reachOut, SORT.reachOut],
};

function ofSort(sums: HourSums, sort: SendSort): number {
  switch (sort) {
    case 'all':
      return sums.replies + sums.reachOuts + sums.newConversations;
    case 'outreach':
      return sums.reachOuts + sums.newConversations;
    case 'new_conversation':
      return sums.newConversations;
    case 'reach_out':
      return sums.reachOuts;
    default:
      return sort satisfies never;
  }
}

const FAR = Number.MAX_SAFE_INTEGER;

export function windowQueries(store: Store): WindowQueries {
  const { db } = store;
  const hours = hourRows(store);
  const count = db
    .prepare<[number, number, number, number, number], number>(
      `SELECT COUNT(*) FROM ledger_facts WHERE family = ? AND is_out = 1 AND at > ? AND at < ?
         AND sort BETWEEN ? AND ?`,
    )
    .pluck();
  const nth = db
    .prepare<[number, number, number, number, number], number>(
      `SELECT at FROM ledger_facts WHERE family = ? AND is_out = 1 AND at > ? AND sort BETWEEN ? AND ?
       ORDER BY at LIMIT 1 OFFSET +?`,
    )
    .pluck();
  const inbound = db
    .prepare<[number, number, number], number>(
      'SELECT COUNT(*) FROM ledger_facts WHERE family = ? AND is_out = 0 AND at > ? AND at <= ?',
    )
    .pluck();
  const failed = db
    .prepare<[number, number, number], number>(
      'SELECT COUNT(*) FROM ledger_facts WHERE family = ? AND is_out = 1 AND at > ? AND at < ? AND error <> 0',
    )
    .pluck();
  const between = db.prepare<[number, number, number], { at: number; sends: number; inbound: number }>(
    `SELECT at, SUM(is_out = 1 AND error = 0) AS sends, SUM(is_out = 0) AS inbound FROM ledger_facts
     WHERE family = ? AND is_out IN (0, 1) AND at > ? AND at <= ? GROUP BY at ORDER BY at`,
  );
  const last = db
    .prepare<[number, number, number, number], number>(
      `SELECT at FROM ledger_facts WHERE family = ? AND is_out = 1 AND at > ? AND at <= ? AND sort >= ?
       ORDER BY at DESC LIMIT 1`,
    )
    .pluck();
  const withContact = db
    .prepare<[number, number, number], number>(
      'SELECT COUNT(*) FROM ledger_facts WHERE contact = ? AND is_out IN (1, ?) AND at > ?',
    )
    .pluck();
  const withContactAt = db
    .prepare<[number, number, number, number], number>(
      `SELECT at FROM ledger_facts WHERE contact = ? AND is_out IN (1, ?) AND at > ?
       ORDER BY at LIMIT 1 OFFSET +?`,
    )
    .pluck();
  const sendsTo = db
    .prepare<[number, number, number, number, number], number>(
      `SELECT COUNT(*) FROM (SELECT 1 FROM ledger_facts WHERE contact = ? AND is_out = 1 AND at > ?
         AND sort BETWEEN ? AND ? LIMIT +?)`,
    )
    .pluck();

  /** Whole hours from the table, what is left of the first one from the messages themselves. */
  const sends = (family: number, sort: SendSort, from: number): number => {
    const [low, high] = SORTS[sort];
    const firstHour = hourOf(from) + 1;
    const rest = count.get(family, from, firstHour * HOUR_MS, low, high) ?? 0;
    return rest + ofSort(hours.sum(family, firstHour, FAR), sort);
  };

  return {
    sends,
    sendAt: (family, sort, from, place) => nth.get(family, from, ...SORTS[sort], place) ?? null,
    inbound: (family, from, to) => {
      const firstHour = hourOf(from) + 1;
      const lastHour = hourOf(to);
      if (lastHour < firstHour) {
        return inbound.get(family, from, to) ?? 0;
      }
      return (
        (inbound.get(family, from, firstHour * HOUR_MS - 1) ?? 0) +
        hours.sum(family, firstHour, lastHour - 1).inbound +
        (inbound.get(family, lastHour * HOUR_MS - 1, to) ?? 0)
      );
    },
    unfailed: (family, from) => {
      const firstHour = hourOf(from) + 1;
      const rest = failed.get(family, from, firstHour * HOUR_MS) ?? 0;
      return sends(family, 'all', from) - rest - hours.sum(family, firstHour, FAR).failed;
    },
    between: (family, after, upTo) => between.all(family, after, upTo),
    last: (family, sort, after, upTo) =>
      last.get(family, after, upTo, sort === 'all' ? SORT.reply : SORT.reachOut) ?? null,
    withContact: (contact, counts, from) => withContact.get(contact, counts === 'both' ? 0 : 1, from) ?? 0,
    withContactAt: (contact, counts, from, place) =>
      withContactAt.get(contact, counts === 'both' ? 0 : 1, from, place) ?? null,
    sendsTo: (contact, from, sort, atMost) => sendsTo.get(contact, from, ...SORTS[sort], atMost) ?? 0,
  };
}
