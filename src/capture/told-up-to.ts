import { instant, type Instant, type Message } from '../domain/index.ts';
import { JOIN_SETTLE_MS } from './settle.ts';

/** A row that waits may be dated so much before the last told one: it waits for its chat, and is seen soon after its date. */
const WAITING_MS = JOIN_SETTLE_MS + 2_000;
/** A database that is replaced while the clock is set back: its rows may be dated so much before it is looked at. */
const SET_BACK_MS = 60_000;

/**
 * The newest date told so far. One in the future (a scheduled message, a wrong clock) does not count, and a clock that is
 * set back takes what was told before along.
 */
export function toldUpTo(rows: readonly Message[], before: Instant, now: Instant): Instant {
  const newest = rows.reduce((at: number, row) => (row.sentAt <= now ? Math.max(at, row.sentAt) : at), 0);
  return instant(Math.max(newest, Math.min(before, now)));
}

/** From which date on a row of another database may be news, if nobody knows it. */
export function newsSince(upTo: Instant, now: Instant, isAnyWaiting: boolean): Instant {
  const waitingMs = isAnyWaiting ? WAITING_MS : 0;
  const setBackMs = now < upTo ? SET_BACK_MS : 0;
  return instant(Math.min(upTo, now) - Math.max(waitingMs, setBackMs));
}
