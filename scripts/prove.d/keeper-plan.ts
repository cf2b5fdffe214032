import { FAULTS, NEEDS_SMALL_DISK, type Fault } from './keeper-faults.ts';
import type { Random } from './random.ts';

const MINUTE_MS = 60_000;

export interface PlannedFault {
  readonly fault: Fault;
  /** After the episode's begin. */
  readonly afterMs: number;
  readonly lastsMs: number;
}

/** One to three faults about the same time, and the quiet before them. */
export interface Episode {
  readonly faults: readonly PlannedFault[];
  readonly restMs: number;
}

/** Every fault about equally often, in an order, at moments and in company that the seed decides. */
export function planStorm(
  count: number,
  random: Random,
  options: { readonly hasSmallDisk: boolean; readonly only: string | null },
): readonly Episode[] {
  const kinds = FAULTS.filter(
    ({ name }) =>
      (options.hasSmallDisk || name !== NEEDS_SMALL_DISK) && (options.only === null || name === options.only),
  );
  const rounds = Math.ceil(count / kinds.length);
  const dealt = Array.from({ length: rounds }, () => shuffled(kinds, random))
    .flat()
    .slice(0, count);
  const episodes: Episode[] = [];
  for (let next = 0; next < dealt.length;) {
    const size = random.pick([1, 1, 1, 2, 2, 3]);
    const together = dealt.slice(next, next + size);
    // The same fault twice at once is one.
    const distinct = [...new Set(together)];
    next += distinct.length === together.length ? together.length : 1;
    const faults = (distinct.length === together.length ? together : together.slice(0, 1)).map(
      (fault, index): PlannedFault => ({
        fault,
        afterMs: (index === 0 ? 0 : random.below(180)) * 1_000,
        lastsMs: fault.lastsMs(random),
      }),
    );
    episodes.push({ faults, restMs: (1 + random.below(6)) * MINUTE_MS });
  }
  return episodes;
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const rest = [...items];
  return items.flatMap(() => rest.splice(random.below(rest.length), 1));
}
