import { describe, expect, it } from 'vitest';
import { judgeFlat, percentile, type Point } from '../scripts/soak.d/flat.ts';

const ALLOWANCE = { share: 0.05, least: 2 };

/** Sixty looks in ten minutes. */
function series(valueAt: (minute: number, index: number) => number): Point[] {
  return Array.from({ length: 60 }, (_, index) => {
    const at = (index + 1) / 6;
    return { at, value: valueAt(at, index) };
  });
}

/** Up and down by so much, the same each time. */
const noise = (index: number, by: number) => (((index * 7_919) % 101) / 50 - 1) * by;

describe('the rule of what is flat', () => {
  it('lets noise, single peaks, a warm-up and what falls pass', () => {
    expect(
      judgeFlat(
        series(() => 100),
        ALLOWANCE,
      ),
    ).toMatchObject({ isFlat: true, rise: 0, level: 100 });
    expect(
      judgeFlat(
        series((_, index) => 100 + noise(index, 20)),
        ALLOWANCE,
      ).isFlat,
    ).toBe(true);
    expect(
      judgeFlat(
        series((_, index) => (index % 15 === 0 ? 900 : 100)),
        ALLOWANCE,
      ).isFlat,
    ).toBe(true);
    expect(
      judgeFlat(
        series((at) => (at < 2.4 ? at * 40 : 100)),
        ALLOWANCE,
      ).isFlat,
    ).toBe(true);
    expect(
      judgeFlat(
        series((at) => 100 - at * 5),
        ALLOWANCE,
      ).isFlat,
    ).toBe(true);
  });

  it('finds what grows, also in noise and by steps', () => {
    expect(
      judgeFlat(
        series((at) => 100 + at * 2),
        ALLOWANCE,
      ).isFlat,
    ).toBe(false);
    expect(
      judgeFlat(
        series((at, index) => 100 + at * 4 + noise(index, 10)),
        ALLOWANCE,
      ).isFlat,
    ).toBe(false);
    expect(
      judgeFlat(
        series((at) => 10 + Math.floor(at)),
        { share: 0, least: 2 },
      ).isFlat,
    ).toBe(false);
  });

  it('says nothing of too few looks', () => {
    expect(judgeFlat(series(() => 1).slice(0, 5), ALLOWANCE)).toMatchObject({
      isFlat: false,
      rise: Number.NaN,
    });
  });

  it('knows percentiles', () => {
    expect([percentile([], 50), percentile([3, 1, 2], 50), percentile([1, 2, 3, 4], 99)]).toEqual([0, 2, 4]);
  });
});
