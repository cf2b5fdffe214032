import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { handle, instant } from '../domain/index.ts';
import { createAwake } from './awake.ts';
import { awakeIn } from './quiet-time.ts';
import { loadTimeZones } from './time-zones.ts';

const NIGHT = { from: '21:00', to: '08:00' };
const at = (iso: string) => instant(Date.parse(iso));
const awake = (zones: readonly string[], iso: string, hours = NIGHT) => {
  const found = awakeIn(zones, hours, at(iso));
  return found === null ? null : new Date(found).toISOString();
};

describe('loadTimeZones', () => {
  const zones = loadTimeZones();
  it('knows the zone of an area code, of a country, and the several of an ambiguous number', () => {
    expect(zones('+12125550100')).toEqual(['America/New_York']);
    expect(zones('+14155550100')).toEqual(['America/Los_Angeles']);
    expect(zones('+4915112345678')).toEqual(['Europe/Berlin']);
    expect(zones('+18005550100').length).toBeGreaterThan(10);
    expect(zones('kim@example.com')).toEqual([]);
    expect(zones('12345')).toEqual([]);
  });

  it('says what the library itself says, and names no zone that this system does not know', async () => {
    const library = z
      .object({
        timezones: z.custom<(number: { number: string }) => Promise<string[] | null>>(
          (value) => typeof value === 'function',
        ),
      })
      .parse(createRequire(import.meta.url)('libphonenumber-geo-carrier'));
    for (const number of [
      '+13105550100',
      '+5511987654321',
      '+61412345678',
      '+79161234567',
      '+919812345678',
    ]) {
      expect(zones(number), number).toEqual(await library.timezones({ number }));
      for (const zone of zones(number)) {
        expect(() => new Intl.DateTimeFormat('en', { timeZone: zone }), zone).not.toThrow();
      }
    }
  });
});

describe('awakeIn', () => {
  it('lets the day pass and moves the night to its end', () => {
    expect(awake(['America/New_York'], '2026-05-13T16:00:00Z')).toBe('2026-05-13T16:00:00.000Z');
    expect(awake(['America/New_York'], '2026-05-14T01:00:00Z')).toBe('2026-05-14T12:00:00.000Z');
    expect(awake(['America/New_York'], '2026-05-14T11:59:59Z')).toBe('2026-05-14T12:00:00.000Z');
    expect(awake(['America/New_York'], '2026-05-14T00:59:59Z')).toBe('2026-05-14T00:59:59.000Z');
  });

  it('goes by the clock on the wall when clocks change', () => {
    // New York springs forward at 2:00 on 8 March 2026, and falls back on 1 November.
    expect(awake(['America/New_York'], '2026-03-08T04:00:00Z')).toBe('2026-03-08T12:00:00.000Z');
    expect(awake(['America/New_York'], '2026-11-01T03:00:00Z')).toBe('2026-11-01T13:00:00.000Z');
    // 2:30 does not exist that night: the hour after it counts.
    expect(awake(['America/New_York'], '2026-03-08T06:00:00Z', { from: '21:00', to: '02:30' })).toBe(
      '2026-03-08T07:30:00.000Z',
    );
  });

  it('waits for the last of several zones, and knows when there is no common day', () => {
    expect(awake(['America/New_York', 'America/Los_Angeles'], '2026-05-13T12:00:00Z')).toBe(
      '2026-05-13T15:00:00.000Z',
    );
    expect(
      awake(['Asia/Tokyo', 'America/New_York'], '2026-05-13T12:00:00Z', { from: '18:00', to: '09:00' }),
    ).toBe(null);
  });

  it('takes hours within one day as well, and an empty stretch as no quiet at all', () => {
    expect(awake(['Etc/UTC'], '2026-05-13T13:00:00Z', { from: '12:00', to: '14:00' })).toBe(
      '2026-05-13T14:00:00.000Z',
    );
    expect(awake(['Etc/UTC'], '2026-05-13T13:00:00Z', { from: '09:00', to: '09:00' })).toBe(
      '2026-05-13T13:00:00.000Z',
    );
  });
});

describe('createAwake', () => {
  const clocks = createAwake(loadTimeZones(), () => 'Asia/Tokyo');
  it('goes by the line where an address tells no zone, and by the zone that was set by hand before all', () => {
    const night = at('2026-05-13T16:00:00Z');
    expect(clocks([handle('kim@example.com')], null, NIGHT, night)).toBe(at('2026-05-13T23:00:00Z'));
    expect(clocks([handle('kim@example.com')], 'America/New_York', NIGHT, night)).toBe(night);
    expect(clocks([handle('+12125550100')], null, NIGHT, night)).toBe(night);
  });

  it('waits until everyone in a group is awake', () => {
    const members = [handle('+12125550100'), handle('+14155550100')];
    expect(clocks(members, null, NIGHT, at('2026-05-13T12:30:00Z'))).toBe(at('2026-05-13T15:00:00Z'));
  });
});
