import { z } from 'zod';

/** Items per page of a list: 50 unless asked otherwise, at most 200. */
export const limitParam = z.coerce.number().int().min(1).max(200).default(50);

export const cursorParam = z
  .string()
  .max(256)
  .optional()
  .meta({ description: 'next_cursor of the page before.' });

/** A page out of up to `limit + 1` items: the one too many only tells that there is more. */
export function page<T>(
  items: readonly T[],
  limit: number,
  cursorOf: (item: T) => string,
): { readonly items: readonly T[]; readonly has_more: boolean; readonly next_cursor: string | null } {
  const shown = items.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = items.length > limit && last !== undefined;
  return { items: shown, has_more: hasMore, next_cursor: hasMore ? cursorOf(last) : null };
}

/**
 * The newest `limit` items over several lines, each read by itself with the same cursor; with `null` over all lines
 * at once.
 */
export function overLines<L, T>(
  lines: readonly L[] | null,
  limit: number,
  read: (line: L | null) => readonly T[],
  newestFirst: (a: T, b: T) => number,
): readonly T[] {
  return lines === null
    ? read(null)
    : lines
        .flatMap((line) => read(line))
        .sort(newestFirst)
        .slice(0, limit);
}
