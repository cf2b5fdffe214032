import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SharedTicks } from './shared-ticks.ts';

describe('what is done again and again', () => {
  let rung: [name: string, at: number][];
  let ticks: SharedTicks;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'performance'] });
    rung = [];
    ticks = new SharedTicks();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const at = () => Math.round(performance.now());
  const add = (name: string, everyMs: number) => ticks.add(everyMs, () => void rung.push([name, at()]));
  const times = (name: string) => rung.filter(([one]) => one === name).map(([, when]) => when);
  /** Moments at which the process was woken. */
  const wakes = () => new Set(rung.map(([, when]) => when)).size;

  it('rings together, whenever each began, and as often as it is to', () => {
    const names = [
      ['a', 250],
      ['b', 500],
      ['c', 1_000],
      ['d', 5_000],
    ] as const;
    for (const [name, everyMs] of names) {
      add(name, everyMs);
      vi.advanceTimersByTime(77);
    }
    vi.advanceTimersByTime(20_000);
    for (const [name, everyMs] of names) {
      const gaps = times(name)
        .slice(1)
        .map((when, index) => when - (times(name)[index] ?? 0));
      expect(new Set(gaps.map((gap) => Math.round(gap / 10) * 10))).toEqual(new Set([everyMs]));
    }
    // As often as the most frequent of them alone.
    expect(wakes()).toBeLessThanOrEqual(times('a').length + 1);
    expect(times('d').length).toBeGreaterThanOrEqual(3);
  });

  it('ends when it is cancelled, also by one that rings with it', () => {
    const other = add('other', 1_000);
    ticks.add(500, () => other?.cancel());
    vi.advanceTimersByTime(5_000);
    expect(times('other').length).toBeLessThanOrEqual(1);
  });

  it('goes on where another throws, which is uncaught all the same', () => {
    ticks.add(1_000, () => {
      throw new Error('of a tick');
    });
    add('other', 1_000);
    expect(() => vi.advanceTimersByTime(2_500)).toThrow('of a tick');
    vi.advanceTimersByTime(0);
    expect(times('other').length).toBeGreaterThanOrEqual(1);
  });

  it('keeps time for itself where it comes more often', () => {
    expect(ticks.add(249, () => undefined)).toBeNull();
  });
});
