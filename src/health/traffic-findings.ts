import type { Instant } from '../domain/index.ts';
import type { Finding } from './to-warnings.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A silence is unusual where it is so much longer than the longest of the last weeks. */
const UNUSUAL = 1.5;
/** No silence is unusual before this. */
const LEAST_MS = 6 * HOUR_MS;

/** What the line is used to. */
export interface Traffic {
  /** When a contact last wrote. */
  readonly lastInboundAt: Instant | null;
  /** The longest time between two that wrote, over the last weeks, ms; `null` where too few have written to tell. */
  readonly longestSilenceMs: number | null;
  /** When anything last came or went. */
  readonly lastAt: Instant | null;
  /** After so many days without any the line is idle; `null` leaves it alone. */
  readonly idleDays: number | null;
}

/** What comes and goes on the line means for health. */
export function trafficFindings(traffic: Traffic, now: Instant): readonly Finding[] {
  const { lastInboundAt, longestSilenceMs, lastAt, idleDays } = traffic;
  const findings: Finding[] = [];
  if (lastAt !== null && idleDays !== null && now - lastAt >= idleDays * DAY_MS) {
    findings.push({ code: 'line_idle', detail: `For ${Math.floor((now - lastAt) / DAY_MS)} days now.` });
  }
  if (lastInboundAt !== null && longestSilenceMs !== null) {
    const silentMs = now - lastInboundAt;
    if (silentMs > Math.max(LEAST_MS, UNUSUAL * longestSilenceMs)) {
      const hours = (ms: number) => `${Math.round(ms / HOUR_MS)} h`;
      findings.push({
        code: 'inbound_silent',
        detail: `For ${hours(silentMs)} now; the longest silence of the last four weeks was ${hours(longestSilenceMs)}.`,
      });
    }
  }
  return findings;
}

/** Where the last send of ours left from means for health. */
export function lineFindings(line: {
  /** As configured; `null` where it is left to Messages. */
  readonly wanted: string | null;
  /** That of the last row that a send of ours has made. */
  readonly used: string | null;
}): readonly Finding[] {
  const { wanted, used } = line;
  return wanted !== null && used !== null && wanted !== used ? [{ code: 'wrong_line' }] : [];
}
