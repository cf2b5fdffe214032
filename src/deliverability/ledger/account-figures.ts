import { instant } from '../../domain/index.ts';
import type { Store } from '../../store/index.ts';
import type { AccountFigures } from '../facts.ts';
import { once } from '../once.ts';
import { traffic } from './active-since.ts';
import { FAMILY } from './hour-rows.ts';
import { windowQueries } from './window-queries.ts';

const DAY_MS = 86_400_000;
/** The answers of a week are counted by the guard each minute; older ones than this are counted where they are asked. */
const FRESH_MS = 5 * 60_000;

export interface AccountLedger {
  figures(at: number, idleDays: number): AccountFigures;
  /** Counts who answers, and keeps it: the one figure that is too slow for every verdict. */
  countAnswers(at: number): void;
  /** A message of this date was counted in or out: what is remembered of the line's beginning may no longer hold. */
  touched(at: number): void;
}

export function accountLedger(store: Store): AccountLedger {
  const windows = windowQueries(store);
  const lines = traffic(store);
  const { db } = store;
  const count = db.prepare<[number, number], { messaged: number; answering: number }>(
    `SELECT COUNT(*) AS messaged, COALESCE(SUM(last_in_at > MAX(first_out_at, ?)), 0) AS answering
     FROM ledger_contacts WHERE last_out_at > ?`,
  );
  const keep = db.prepare<[number, number, number]>(
    `UPDATE ledger_state SET messaged_contacts = ?, answering_contacts = ?, counted_at = ? WHERE id = 1`,
  );
  const kept = db.prepare<[], { messaged: number; answering: number; at: number | null }>(
    `SELECT messaged_contacts AS messaged, answering_contacts AS answering, counted_at AS at
     FROM ledger_state WHERE id = 1`,
  );
  const sentContacts = db
    .prepare<[number], number>('SELECT COUNT(*) FROM ledger_contacts WHERE last_out_at > ?')
    .pluck();
  const newInbound = db
    .prepare<[number], number>('SELECT COUNT(*) FROM ledger_contacts WHERE first_in_at > ? AND is_spam = 0')
    .pluck();
  const answersAt = (at: number) => {
    const from = at - 7 * DAY_MS;
    return count.get(from, from) ?? { messaged: 0, answering: 0 };
  };

  let run: { readonly since: number; readonly lastAt: number; readonly idleDays: number } | null = null;
  const activeSince = (lastAt: number, idleDays: number): number => {
    const continues =
      run !== null &&
      run.idleDays === idleDays &&
      lastAt >= run.lastAt &&
      lastAt - run.lastAt < idleDays * DAY_MS;
    const since = run !== null && continues ? run.since : lines.activeSince(lastAt, idleDays);
    run = { since, lastAt, idleDays };
    return since;
  };

  return {
    figures: (at, idleDays) => {
      const answers = once(() => {
        const stored = kept.get();
        return stored !== undefined && stored.at !== null && Math.abs(at - stored.at) < FRESH_MS
          ? stored
          : answersAt(at);
      });
      const last = once(() => lines.lastAt(at));
      return {
        get messagedContacts() {
          return answers().messaged;
        },
        get answeringContacts() {
          return answers().answering;
        },
        get sends() {
          return windows.sends(FAMILY.imessage, 'all', at - DAY_MS);
        },
        get sentContacts() {
          return sentContacts.get(at - DAY_MS) ?? 0;
        },
        get newConversations() {
          return windows.sends(FAMILY.imessage, 'new_conversation', at - DAY_MS);
        },
        get newInboundContacts() {
          return newInbound.get(at - DAY_MS) ?? 0;
        },
        get activeSince() {
          const lastAt = last();
          return lastAt === null ? null : instant(activeSince(lastAt, idleDays));
        },
        get lastTrafficAt() {
          const lastAt = last();
          return lastAt === null ? null : instant(lastAt);
        },
      };
    },
    countAnswers: (at) => {
      const { messaged, answering } = answersAt(at);
      keep.run(messaged, answering, at);
    },
    touched: (at) => {
      if (run !== null && at <= run.since) {
        run = null;
      }
    },
  };
}
