/** What is measured, over time: `at` in minutes since the beginning. */
export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Flatness {
  readonly isFlat: boolean;
  /** The middle value of what was looked at. */
  readonly level: number;
  /** What the line through it rises by from the first point looked at to the last. */
  readonly rise: number;
  /** So much it may. */
  readonly allowed: number;
  /** Points that were looked at. */
  readonly points: number;
}

/** The first share of the time is left out: a new process takes what it needs. */
const WARM_UP = 0.25;
/** Fewer points say nothing. */
const FEWEST = 6;

/**
 * Whether a measure stays where it is. The rule: of the points after the first quarter of the time, the middle one of
 * the slopes between any two (Theil and Sen's line, which single peaks do not bend) may rise over that time by the
 * allowance, or by the usual distance of the points from that line (their median), whichever is more. Falling is flat.
 */
export function judgeFlat(
  all: readonly Point[],
  allowance: { readonly share: number; readonly least: number },
): Flatness {
  const end = all.at(-1)?.at ?? 0;
  const points = all.filter(({ at }) => at >= end * WARM_UP);
  const [first] = points;
  const last = points.at(-1);
  const level = median(points.map(({ value }) => value));
  if (first === undefined || last === undefined || points.length < FEWEST) {
    return { isFlat: false, level, rise: Number.NaN, allowed: 0, points: points.length };
  }
  const slope = median(
    points.flatMap((a, index) => points.slice(index + 1).map((b) => (b.value - a.value) / (b.at - a.at))),
  );
  const offset = median(points.map(({ at, value }) => value - slope * at));
  const scatter = median(points.map(({ at, value }) => Math.abs(value - slope * at - offset)));
  const rise = slope * (last.at - first.at);
  const allowed = Math.max(allowance.least, allowance.share * level, scatter);
  return { isFlat: rise <= allowed, level, rise, allowed, points: points.length };
}

/** 0 of nothing. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

/** The value that so many percent of them do not exceed; 0 of nothing. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0;
}
