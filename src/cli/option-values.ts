import { InvalidArgumentError } from 'commander';
import { instant, type Instant } from '../domain/index.ts';

/** A parser for options that take a whole number between two bounds, both included. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d+$/u.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw new InvalidArgumentError(
        max === Number.MAX_SAFE_INTEGER
          ? `It must be a whole number from ${min} on.`
          : `It must be a whole number from ${min} to ${max}.`,
      );
    }
    return value;
  };
}

/** `a,b` as a list. */
export function commaList(text: string): string[] {
  const items = text
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) {
    throw new InvalidArgumentError('It must hold at least one value; several have commas between.');
  }
  return items;
}

/** An option that may be given several times, each time also as `a,b`. */
export function repeated(text: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), ...commaList(text)];
}

/** Items per page that the daemon allows. */
export const pageLimit = wholeNumber(1, 200);

/** An ISO date (midnight here), an ISO time, or Unix milliseconds. */
export function moment(text: string): Instant {
  const isDay = /^\d{4}-\d{2}-\d{2}$/u.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/u.test(text);
  const unixMs = /^-?\d{5,}$/u.test(text)
    ? Number(text)
    : isDay
      ? localDay(text)
      : isTime
        ? Date.parse(text)
        : Number.NaN;
  if (!Number.isSafeInteger(unixMs)) {
    throw new InvalidArgumentError(
      'It must be a date (2026-11-21), a time (2026-11-21T14:00) or Unix milliseconds.',
    );
  }
  return instant(unixMs);
}

/** Without an hour, a date alone would be read as midnight in Greenwich. `NaN` for the 31st of February. */
function localDay(text: string): number {
  const at = new Date(`${text}T00:00`);
  return at.getDate() === Number(text.slice(8)) ? at.getTime() : Number.NaN;
}
