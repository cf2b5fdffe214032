import { instant, type Instant } from '../../domain/index.ts';
import type { Store } from '../../store/index.ts';
import { hourOf } from './hour-rows.ts';

const HOUR_MS = 3_600_000;
const HABIT_DAYS = 28;
/** Fewer hours than these in which somebody wrote, or a shorter past, make no habit. */
const LEAST_HOURS = 20;
const LEAST_DAYS = 7;

/** How the line is used to being written to. */
export interface InboundHabit {
  /** When a contact last wrote; `null` if nobody has. */
  readonly lastInboundAt: Instant | null;
  /** The longest silence between two hours with mail in the last four weeks, one left out, ms; `null` without a habit. */
  readonly longestSilenceMs: number | null;
}

/** Reads a few hundred rows at the most. */
export function inboundHabit(store: Store): (at: Instant) => InboundHabit {
  const hours = store.db
    .prepare<[number, number], number>(
      `SELECT DISTINCT hour FROM ledger_hours
       WHERE family IN (0, 1) AND hour >= ? AND hour <= ? AND inbound > 0 ORDER BY hour`,
    )
    .pluck();
  const last = store.db
    .prepare<[{ at: number }], number | null>(
      `SELECT MAX(at) FROM (
         SELECT MAX(at) AS at FROM ledger_facts WHERE family = 0 AND is_out = 0 AND at <= @at UNION ALL
         SELECT MAX(at) AS at FROM ledger_facts WHERE family = 1 AND is_out = 0 AND at <= @at)`,
    )
    .pluck();
  return (at) => {
    const lastAt = last.get({ at }) ?? null;
    return {
      lastInboundAt: lastAt === null ? null : instant(lastAt),
      longestSilenceMs: longestSilence(hours.all(hourOf(at) - HABIT_DAYS * 24, hourOf(at))),
    };
  };
}

/**
 * The longest but one: a day on which the line was down is no habit, and must not hide the next. Weekends and nights
 * come again.
 */
function longestSilence(hours: readonly number[]): number | null {
  const [first = 0] = hours;
  const newest = hours.at(-1) ?? 0;
  if (hours.length < LEAST_HOURS || newest - first < LEAST_DAYS * 24) {
    return null;
  }
  const silences = hours.slice(1).map((hour, index) => hour - (hours[index] ?? hour));
  const [, second = 0] = silences.toSorted((a, b) => b - a);
  return second * HOUR_MS;
}
