import { instant, type Instant } from '../../domain/index.ts';
import { hourOf, type HourRows } from './hour-rows.ts';
import type { WindowQueries } from './window-queries.ts';

const HOUR_MS = 3_600_000;

/**
 * The first moment after `at` at which sends and inbound of the window keep to a ratio, if nothing else happens:
 * found by whole hours, then among the messages that leave the window in that hour.
 */
export function ratioFreeAt(
  ledger: { readonly hours: HourRows; readonly windows: WindowQueries },
  query: {
    readonly family: number;
    readonly at: Instant;
    readonly ms: number;
    readonly fits: (sends: number, inbound: number) => boolean;
  },
): Instant | null {
  const { hours, windows } = ledger;
  const { family, at, ms, fits } = query;
  let sends = windows.unfailed(family, at - ms);
  let inbound = windows.inbound(family, at - ms, at);
  const first = hourOf(at - ms);
  const sums = new Map(hours.list(family, first, hourOf(at)).map((row) => [row.hour, row]));
  for (let hour = first; hour <= hourOf(at); hour += 1) {
    const from = Math.max(at - ms, hour * HOUR_MS - 1);
    const to = (hour + 1) * HOUR_MS - 1;
    const leaving = hour === first ? null : sums.get(hour);
    if (hour !== first && leaving === undefined) {
      continue;
    }
    const after =
      leaving === null || leaving === undefined
        ? null
        : {
            sends: sends - (leaving.replies + leaving.reachOuts + leaving.newConversations - leaving.failed),
            inbound: inbound - leaving.inbound,
          };
    if (after !== null && !fits(after.sends, after.inbound)) {
      ({ sends, inbound } = after);
      continue;
    }
    for (const gone of windows.between(family, from, to)) {
      sends -= gone.sends;
      inbound -= gone.inbound;
      if (fits(sends, Math.max(0, inbound))) {
        return instant(gone.at + ms);
      }
    }
  }
  return null;
}
