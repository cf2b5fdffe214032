import { instant, type Handle, type Instant } from '../domain/index.ts';
import { awakeIn } from './quiet-time.ts';
import type { TimeZones } from './time-zones.ts';

const MINUTE_MS = 60_000;
/** Answers that are remembered for the minute that they hold for. */
const MOST_REMEMBERED = 500;

export type Awake = (
  recipients: readonly Handle[],
  /** Set by hand for the contact; goes before what the number tells. */
  override: string | null,
  hours: { readonly from: string; readonly to: string },
  at: Instant,
) => Instant;

/**
 * When all recipients are awake. A number that may be in several zones counts with all of them; an address that tells
 * none, and zones whose days have no hour in common, go by the line's own zone.
 */
export function createAwake(zonesOf: TimeZones, lineZone: () => string): Awake {
  let minute = Number.NaN;
  const remembered = new Map<string, number>();

  return (recipients, override, hours, at) => {
    const zones =
      override === null
        ? [
            ...new Set(
              recipients.flatMap((handle) => {
                const found = zonesOf(handle);
                return found.length === 0 ? [lineZone()] : found;
              }),
            ),
          ]
        : [override];
    const known = zones.length === 0 ? [lineZone()] : zones;
    const now = Math.floor(at / MINUTE_MS) * MINUTE_MS;
    if (now !== minute || remembered.size > MOST_REMEMBERED) {
      minute = now;
      remembered.clear();
    }
    const key = `${hours.from}-${hours.to} ${known.join(' ')}`;
    let awake = remembered.get(key);
    if (awake === undefined) {
      const start = instant(now);
      awake = awakeIn(known, hours, start) ?? awakeIn([lineZone()], hours, start) ?? now;
      remembered.set(key, awake);
    }
    return instant(Math.max(awake, at));
  };
}
