import type { Store } from '../../store/index.ts';
import { hourOf, hourRows } from './hour-rows.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 86_400_000;
/** A run of traffic that is older than this needs no exact beginning: no ramp is so long. */
const LONG_DAYS = 60;

export interface Traffic {
  /** Date of the newest message up to a moment, either way. */
  lastAt(at: number): number | null;
  /** The first message of the run that reaches up to `lastAt`: nowhere in it are `idleDays` without any. */
  activeSince(lastAt: number, idleDays: number): number;
}

export function traffic(store: Store): Traffic {
  const hours = hourRows(store);
  const end = (column: 'MIN' | 'MAX') => {
    const part = (family: number, isOut: number) =>
      `SELECT ${column}(at) AS at FROM ledger_facts
       WHERE family = ${family} AND is_out = ${isOut} AND at >= @from AND at <= @to`;
    const parts = [part(0, 0), part(0, 1), part(1, 0), part(1, 1)];
    return store.db
      .prepare<[{ from: number; to: number }], number | null>(
        `SELECT ${column}(at) FROM (${parts.join(' UNION ALL ')})`,
      )
      .pluck();
  };
  const first = end('MIN');
  const last = end('MAX');
  const firstOf = (hour: number) =>
    first.get({ from: hour * HOUR_MS, to: (hour + 1) * HOUR_MS - 1 }) ?? hour * HOUR_MS;
  const lastOf = (hour: number) =>
    last.get({ from: hour * HOUR_MS, to: (hour + 1) * HOUR_MS - 1 }) ?? hour * HOUR_MS;

  const find = (lastAt: number, idleDays: number): number => {
    const newest = hourOf(lastAt);
    let hour = newest;
    for (const earlier of hours.hours(newest - (LONG_DAYS + idleDays) * 24, newest - 1)) {
      const apart = hour - earlier;
      // The messages of two such hours are apart by this, give or take an hour.
      const isGap =
        apart - 1 >= idleDays * 24 ||
        (apart + 1 > idleDays * 24 && firstOf(hour) - lastOf(earlier) >= idleDays * DAY_MS);
      if (isGap || newest - hour > LONG_DAYS * 24) {
        break;
      }
      hour = earlier;
    }
    return Math.min(firstOf(hour), lastAt);
  };

  return {
    lastAt: (at) => last.get({ from: 0, to: at }) ?? null,
    activeSince: find,
  };
}
