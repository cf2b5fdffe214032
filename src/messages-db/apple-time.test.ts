import { describe, expect, it } from 'vitest';
import { instant } from '../domain/index.ts';
import { appleSeconds, appleTime, rawDate, toAppleNanoseconds } from './apple-time.ts';

describe('dates of chat.db', () => {
  it('reads nanoseconds to the exact millisecond, where a double would fall below it', () => {
    const unixMs = Date.UTC(2026, 10, 20, 12, 0, 0, 123);
    expect(appleTime(toAppleNanoseconds(instant(unixMs)))).toBe(unixMs);
    expect(appleTime(toAppleNanoseconds(instant(unixMs)) + 999_999n)).toBe(unixMs);
  });

  it('reads the seconds of rows from before 10.13 beside nanoseconds in the same file', () => {
    expect(appleTime(471_052_800n)).toBe(Date.UTC(2015, 11, 6));
    expect(appleTime(471_052_800_000_000_000n)).toBe(Date.UTC(2015, 11, 6));
    expect(appleTime(471_052_800)).toBe(Date.UTC(2015, 11, 6));
  });

  it('takes nothing, zero and what is no plausible date for never', () => {
    for (const value of [null, 0n, 0, -1n, 2n ** 63n - 1n, 2n ** 62n, 'yesterday', Number.NaN]) {
      expect(appleTime(value)).toBeNull();
    }
  });

  it('keeps every digit of the raw value', () => {
    expect(String(rawDate(785_000_000_123_456_789n))).toBe('785000000123456789');
    expect(rawDate('785000000123456789')).toBeNull();
  });

  it('reads the float seconds of property lists', () => {
    expect(appleSeconds(471_052_800.25)).toBe(Date.UTC(2015, 11, 6) + 250);
    expect(appleSeconds(0)).toBeNull();
    expect(appleSeconds(Number.POSITIVE_INFINITY)).toBeNull();
    expect(appleSeconds(Number.NaN)).toBeNull();
  });
});
