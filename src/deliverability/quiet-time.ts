import { instant, type Instant } from '../domain/index.ts';

const MINUTE_MS = 60_000;
/** Where zones have no waking hour in common, this many ends of nights are tried. */
const TRIES = 12;

/**
 * The earliest moment from `at` on at which no clock of these zones shows quiet hours (`from` up to, and without,
 * `to`; past midnight where `from` is the later); `null` where the zones have no such moment in common.
 */
export function awakeIn(
  zones: readonly string[],
  hours: { readonly from: string; readonly to: string },
  at: Instant,
): Instant | null {
  const from = minutesOf(hours.from);
  const to = minutesOf(hours.to);
  let moment: number = at;
  for (let tries = 0; tries < TRIES; tries += 1) {
    let next = moment;
    for (const zone of zones) {
      next = Math.max(next, endOfQuiet(zone, from, to, moment));
    }
    if (next === moment) {
      return instant(moment);
    }
    moment = next;
  }
  return null;
}

/** The end of the quiet hours in which the moment lies, or the moment itself. */
function endOfQuiet(zone: string, from: number, to: number, at: number): number {
  const local = Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(zone);
  const minute = local.hour * 60 + local.minute;
  const isQuiet = from <= to ? minute >= from && minute < to : minute >= from || minute < to;
  if (!isQuiet) {
    return at;
  }
  const date = from > to && minute >= from ? local.toPlainDate().add({ days: 1 }) : local.toPlainDate();
  const end = date.toZonedDateTime({
    timeZone: zone,
    plainTime: Temporal.PlainTime.from({ hour: Math.floor(to / 60), minute: to % 60 }),
  });
  // When clocks go back, the end's hour may come twice: never stand still.
  return end.epochMilliseconds > at ? end.epochMilliseconds : at + MINUTE_MS;
}

function minutesOf(time: string): number {
  const [hours = '0', minutes = '0'] = time.split(':');
  return Number(hours) * 60 + Number(minutes);
}
