import type { Instant } from '../../domain/index.ts';

/** Days and hours as the page writes them, in one zone. */
export interface Moments {
  /** `2026-10-05`: equal for two moments of one day. */
  day(at: Instant): string;
  /** `Monday, October 5, 2026`. */
  longDay(at: Instant): string;
  /** `2:30 PM`. */
  hour(at: Instant): string;
  /** `Oct 5, 2026, 2:30:07 PM`. */
  full(at: Instant): string;
}

/** @param timeZone IANA name; the machine's if left out */
export function pageMoments(timeZone: string | undefined): Moments {
  const zone = timeZone === undefined ? {} : { timeZone };
  const format = (options: Intl.DateTimeFormatOptions) => {
    const formatter = new Intl.DateTimeFormat('en-US', { ...zone, ...options });
    // Between hour and AM stands U+202F, which many fonts lack.
    return (at: Instant) => formatter.format(at).replaceAll('\u202F', ' ');
  };
  const parts = new Intl.DateTimeFormat('en-CA', {
    ...zone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
  });
  return {
    day: (at) => parts.format(at),
    longDay: format({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }),
    hour: format({ hour: 'numeric', minute: '2-digit' }),
    full: format({ dateStyle: 'medium', timeStyle: 'medium' }),
  };
}

export function timeTag(at: Instant, words: string, title: string | null = null): string {
  const hint = title === null ? '' : ` title="${title}"`;
  return `<time datetime="${new Date(at).toISOString()}"${hint}>${words}</time>`;
}
