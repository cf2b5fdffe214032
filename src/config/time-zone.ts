import { z } from 'zod';

/** A zone of the IANA database that this system knows. */
export const timeZone = z.string().refine((name) => isTimeZone(name), 'a time zone such as "Europe/Berlin"');

export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}
