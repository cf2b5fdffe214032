import type { Store } from '../../store/index.ts';

const HOUR_MS = 3_600_000;

export const SORT = { late: -1, inbound: 0, reply: 1, reachOut: 2, newConversation: 3 } as const;
export const FAMILY = { imessage: 0, carrier: 1 } as const;

/** What the hours of a window hold together. */
export interface HourSums {
  readonly inbound: number;
  readonly replies: number;
  readonly reachOuts: number;
  readonly newConversations: number;
  readonly failed: number;
}

export interface HourRows {
  /** Counts a message in, or with `by` -1 out again. */
  add(
    message: {
      readonly family: number;
      readonly at: number;
      readonly sort: number;
      readonly failed: boolean;
    },
    by: 1 | -1,
  ): void;
  /** The hours from one up to another, both included. */
  sum(family: number, fromHour: number, toHour: number): HourSums;
  list(family: number, fromHour: number, toHour: number): readonly (HourSums & { readonly hour: number })[];
  /** Hours with traffic of any family, newest first. */
  hours(fromHour: number, toHour: number): readonly number[];
}

export function hourOf(at: number): number {
  return Math.floor(at / HOUR_MS);
}

/** Counts per hour of the message's date, so that a week is 168 rows and not a hundred thousand. */
export function hourRows(store: Store): HourRows {
  const add = store.db.prepare<[number, number, number, number, number, number, number]>(
    `INSERT INTO ledger_hours (family, hour, inbound, replies, reach_outs, new_conversations, failed)
     VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (family, hour) DO UPDATE SET
       inbound = inbound + excluded.inbound, replies = replies + excluded.replies,
       reach_outs = reach_outs + excluded.reach_outs,
       new_conversations = new_conversations + excluded.new_conversations, failed = failed + excluded.failed`,
  );
  const columns = (wrap: (column: string) => string) =>
    `${wrap('inbound')} AS inbound, ${wrap('replies')} AS replies, ${wrap('reach_outs')} AS reachOuts,
     ${wrap('new_conversations')} AS newConversations, ${wrap('failed')} AS failed`;
  const sum = store.db.prepare<[number, number, number], HourSums>(
    `SELECT ${columns((column) => `COALESCE(SUM(${column}), 0)`)} FROM ledger_hours
     WHERE family = ? AND hour >= ? AND hour <= ?`,
  );
  const list = store.db.prepare<[number, number, number], HourSums & { hour: number }>(
    `SELECT hour, ${columns((column) => column)} FROM ledger_hours
     WHERE family = ? AND hour >= ? AND hour <= ? ORDER BY hour`,
  );
  // An hour whose messages were all counted out again is no traffic.
  const hours = store.db
    .prepare<[number, number, number, number], number>(
      `SELECT hour FROM ledger_hours WHERE family = 0 AND hour >= ? AND hour <= ?
         AND inbound + replies + reach_outs + new_conversations > 0
       UNION SELECT hour FROM ledger_hours WHERE family = 1 AND hour >= ? AND hour <= ?
         AND inbound + replies + reach_outs + new_conversations > 0
       ORDER BY hour DESC`,
    )
    .pluck();
  const nothing: HourSums = { inbound: 0, replies: 0, reachOuts: 0, newConversations: 0, failed: 0 };
  return {
    add: ({ family, at, sort, failed }, by) => {
      const is = (wanted: boolean) => (wanted ? by : 0);
      add.run(
        family,
        hourOf(at),
        is(sort <= SORT.inbound),
        is(sort === SORT.reply),
        is(sort === SORT.reachOut),
        is(sort === SORT.newConversation),
        is(failed && sort > SORT.inbound),
      );
    },
    sum: (family, from, to) => sum.get(family, from, to) ?? nothing,
    list: (family, from, to) => list.all(family, from, to),
    hours: (from, to) => hours.all(from, to, from, to),
  };
}
