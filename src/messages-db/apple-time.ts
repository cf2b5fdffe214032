import { instant, type Instant } from '../domain/index.ts';
import type { SqlValue } from './sql-value.ts';

/** 2001-01-01T00:00:00Z, the zero of every date in chat.db, as Unix milliseconds. */
const APPLE_EPOCH_MS = 978_307_200_000;
const NANOSECONDS_PER_MS = 1_000_000n;
/**
 * Since macOS 10.13 dates are nanoseconds, before they were seconds, and an upgraded database holds both. As seconds
 * this is the year 5169, as nanoseconds the second minute of 2001: no real value lies near it.
 */
const LARGEST_SECONDS = 100_000_000_000n;
/** Values next to the largest integer have been seen in `date_read`; nothing real lies past 2100. */
const LATEST_MS = Date.UTC(2100, 0, 1);

/** A date column of `message` or `chat_message_join`. `NULL`, 0 and what is no plausible date are `null`: never. */
export function appleTime(value: SqlValue): Instant | null {
  const raw = rawDate(value);
  if (raw === null || raw <= 0n) {
    return null;
  }
  const sinceEpoch = raw > LARGEST_SECONDS ? Number(raw / NANOSECONDS_PER_MS) : Number(raw) * 1000;
  return plausible(sinceEpoch);
}

/**
 * SQL for a date column in milliseconds since 2001, by value. Dividing is left to SQLite, whose integers have 64 bits:
 * the nanoseconds would lose their last digits as a double, and as a bigint they cost more than the row they stand in.
 */
export function millisecondsSql(column: string): string {
  return column === 'NULL'
    ? 'NULL'
    : `CASE WHEN ${column} > ${LARGEST_SECONDS} THEN ${column} / ${NANOSECONDS_PER_MS} ELSE ${column} * 1000 END`;
}

/** What `millisecondsSql` gave, under the rules of `appleTime`. */
export function appleMilliseconds(value: SqlValue | undefined): Instant | null {
  return typeof value === 'number' && value > 0 ? plausible(Math.floor(value)) : null;
}

/** Seconds since 2001, as property lists and the `attachment` table have them. */
export function appleSeconds(seconds: number): Instant | null {
  return seconds > 0 ? plausible(Math.floor(seconds * 1000)) : null;
}

/** The value that a date column holds for this moment, in nanoseconds: for comparing with the column. */
export function toAppleNanoseconds(at: Instant): bigint {
  return BigInt(Math.trunc(at) - APPLE_EPOCH_MS) * NANOSECONDS_PER_MS;
}

/** The same in the milliseconds of `millisecondsSql`. */
export function toAppleMilliseconds(at: Instant): number {
  return Math.trunc(at) - APPLE_EPOCH_MS;
}

/** The column's value without loss: nanoseconds since 2001 do not fit a double. */
export function rawDate(value: SqlValue): bigint | null {
  if (typeof value === 'bigint') {
    return value;
  }
  return typeof value === 'number' && Number.isFinite(value) ? BigInt(Math.trunc(value)) : null;
}

function plausible(msSinceAppleEpoch: number): Instant | null {
  const unixMs = APPLE_EPOCH_MS + msSinceAppleEpoch;
  return unixMs < LATEST_MS ? instant(unixMs) : null;
}
