import { describe, expect, it } from 'vitest';
import { ago, dateAndTime, duration, timeOfDay } from './moments.ts';

describe('moments', () => {
  it.each([
    [0, '0 s'],
    [59_400, '59 s'],
    [60_000, '1 min'],
    [125_000, '2 min 5 s'],
    [3_600_000 + 5_000, '1 h'],
    [90_000_000, '1 day 1 h'],
    [3 * 86_400_000, '3 days'],
    [-5, '0 s'],
  ])('calls %i ms %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });

  it('rounds what lies back to one unit', () => {
    expect(ago(200)).toBe('just now');
    expect(ago(125_000)).toBe('2 min ago');
  });

  it('shows the wall clock of this machine', () => {
    const noon = new Date(2026, 10, 21, 12, 3, 4).getTime();
    expect(timeOfDay(noon)).toBe('12:03:04');
    expect(dateAndTime(noon)).toBe('2026-11-21 12:03');
  });
});
