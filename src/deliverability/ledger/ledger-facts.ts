import { instant, type ChatKey, type Instant } from '../../domain/index.ts';
import type { Store } from '../../store/index.ts';
import type { ContactFacts, Facts, LineStanding, WindowFacts } from '../facts.ts';
import { once } from '../once.ts';
import type { Family, Stage, Standing } from '../send.ts';
import type { AccountLedger } from './account-figures.ts';
import { contactRows, type ContactRow } from './contact-rows.ts';
import { FAMILY, hourRows } from './hour-rows.ts';
import { ratioFreeAt } from './ratio-free-at.ts';
import { reservationRows, type ReservedQuery } from './reservations.ts';
import { textQueries } from './text-queries.ts';
import { windowQueries } from './window-queries.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** No rule counts further than this to one contact. */
const MOST_UNANSWERED = 1_000;

/** One send at one moment, as the ledger is asked about it. */
export interface FactsQuery {
  readonly id: string;
  readonly chat: ChatKey;
  readonly family: Family;
  readonly digest: number | null;
  readonly stage: Stage;
  /** When the question is asked; `at` may be later, where a free slot is sought. */
  readonly now: Instant;
  readonly at: Instant;
  readonly line: LineStanding;
  readonly idleDays: number;
  readonly awakeAt: Facts['awakeAt'];
}

export type FactsReader = (query: FactsQuery) => Facts;

const UNKNOWN: ContactFacts = {
  firstInAt: null,
  lastInAt: null,
  windowFrom: null,
  firstOutAt: null,
  lastOutAt: null,
  optedOut: false,
};

/** Reads the ledger for one question; each figure is looked up when a rule asks for it, once. */
export function factsReader(store: Store, account: AccountLedger): FactsReader {
  const contacts = contactRows(store);
  const hours = hourRows(store);
  const windows = windowQueries(store);
  const texts = textQueries(store);
  const reservations = reservationRows(store);

  return (query) => {
    const { at } = query;
    const family = FAMILY[query.family];
    const row = contacts.find(query.chat);
    const counted = query.stage === 'accept';
    const reserved = { except: query.id, now: query.now, after: -1, before: Number.MAX_SAFE_INTEGER };
    const waiting = once(() =>
      counted && row !== null
        ? reservations.toContact(row.id, reserved)
        : { messages: 0, reachOuts: 0, commands: 0 },
    );
    const figures = once(() => account.figures(at, query.idleDays));
    // A minute's window holds what is due within it; over a day, whatever waits will come.
    const within = (ms: number): ReservedQuery => ({
      ...reserved,
      after: at - ms,
      before: ms <= HOUR_MS ? at + ms : reserved.before,
    });
    // What is dated alike came after: a send that is counted once too often harms nobody.
    const after = () => (row?.last_in_at ?? 0) - 1;

    return {
      at,
      standing: standingOf(row, at, waiting().commands > 0),
      contact: row === null ? UNKNOWN : contactFacts(row),
      get figures() {
        return figures();
      },
      line: query.line,
      window: (sort, ms) => {
        const from = at - ms;
        const sent = windows.sends(family, sort, from);
        const due = once(() => (counted ? reservations.dueTimes(query.family, sort, within(ms)) : []));
        const waits = counted ? reservations.count(query.family, sort, within(ms)) : 0;
        const facts = windowFacts(at, ms, sent + waits, (place) =>
          place < sent ? windows.sendAt(family, sort, from, place) : (due()[place - sent] ?? null),
        );
        const lastAt = () =>
          Math.max(
            sent === 0 ? 0 : (windows.sendAt(family, sort, from, sent - 1) ?? 0),
            waits === 0 ? 0 : (reservations.lastDue(query.family, sort, within(ms)) ?? 0),
          );
        return { ...facts, emptyAt: () => (facts.used === 0 ? null : instant(lastAt() + ms)) };
      },
      pair: (counts, ms) => {
        if (row === null) {
          return windowFacts(at, ms, 0, () => null);
        }
        const sent = windows.withContact(row.id, counts, at - ms);
        const waits = counted ? reservations.toContact(row.id, within(ms)).messages : 0;
        return windowFacts(at, ms, sent + waits, (place) =>
          place < sent ? windows.withContactAt(row.id, counts, at - ms, place) : at,
        );
      },
      lastSendAt: () =>
        latest(windows.last(0, 'all', at - DAY_MS, at), windows.last(1, 'all', at - DAY_MS, at)),
      lastOutreachAt: () => latest(windows.last(family, 'outreach', at - HOUR_MS, at), null),
      unanswered: () =>
        row === null ? 0 : windows.sendsTo(row.id, after(), 'all', MOST_UNANSWERED) + waiting().messages,
      followUps: () =>
        row === null
          ? 0
          : windows.sendsTo(row.id, after(), 'reach_out', MOST_UNANSWERED) + waiting().reachOuts,
      ratio: (ms) => ({
        sends:
          windows.unfailed(family, at - ms) +
          (counted ? reservations.count(query.family, 'all', within(ms)) : 0),
        inbound: windows.inbound(family, at - ms, at),
      }),
      ratioFreeAt: (ms, limit, room, minSends) =>
        ratioFreeAt(
          { hours, windows },
          {
            family,
            at,
            ms,
            fits: (sends, inbound) => sends + room < minSends || sends + room <= limit * inbound,
          },
        ),
      sameText: (ms) => {
        const { digest } = query;
        if (digest === null) {
          return { ...windowFacts(at, ms, 0, () => null), isKnownHere: false };
        }
        const sent = texts.contacts(digest, at - ms);
        const waits = counted
          ? reservations
              .contactsOfText(digest, within(ms))
              .filter((contact) => contact !== row?.id && !texts.hadIt(digest, contact, at - ms)).length
          : 0;
        return {
          ...windowFacts(at, ms, sent + waits, (place) =>
            place < sent ? texts.sentAt(digest, at - ms, place) : at,
          ),
          isKnownHere: row !== null && texts.hadIt(digest, row.id, at - ms),
        };
      },
      awakeAt: query.awakeAt,
    };
  };
}

/** A reply for 24 hours from the contact's last message; the end itself is outside. */
export function standingOf(row: ContactRow | null, at: Instant, isReserved: boolean): Standing {
  if (row !== null && row.window_at !== null && at < row.window_at + DAY_MS) {
    return 'reply';
  }
  const isKnown = row !== null && (row.first_in_at !== null || row.first_out_at !== null);
  return isKnown || isReserved ? 'reach_out' : 'new_conversation';
}

function contactFacts(row: ContactRow): ContactFacts {
  return {
    firstInAt: moment(row.first_in_at),
    lastInAt: moment(row.last_in_at),
    windowFrom: moment(row.window_at),
    firstOutAt: moment(row.first_out_at),
    lastOutAt: moment(row.last_out_at),
    optedOut: row.opted_out === 1,
  };
}

function moment(at: number | null): Instant | null {
  return at === null ? null : instant(at);
}

function latest(a: number | null, b: number | null): Instant | null {
  return a === null ? moment(b) : instant(Math.max(a, b ?? a));
}

/** `timeAt` gives the date of what stands at a place of the window, oldest first. */
function windowFacts(
  at: Instant,
  ms: number,
  used: number,
  timeAt: (place: number) => number | null,
): WindowFacts {
  return {
    used,
    freeAt: (limit, room) => {
      const leaving = used + room - limit;
      if (leaving <= 0) {
        return at;
      }
      const time = leaving > used ? null : timeAt(leaving - 1);
      return time === null ? null : instant(time + ms);
    },
    emptyAt: () => {
      const last = used === 0 ? null : timeAt(used - 1);
      return last === null ? null : instant(last + ms);
    },
  };
}
