/** 2001-01-01T00:00:00Z, from which Apple counts, in Unix milliseconds. */
const APPLE_EPOCH_MS = 978_307_200_000;

/** Nanoseconds since 2001, as `message.date` and its like hold them since macOS 10.13. */
export function appleNanoseconds(unixMs: number): bigint {
  return BigInt(Math.round(unixMs - APPLE_EPOCH_MS)) * 1_000_000n;
}

/** Seconds since 2001, as the attachment dates and the revisions of an edit hold them. */
export function appleSeconds(unixMs: number): number {
  return (unixMs - APPLE_EPOCH_MS) / 1000;
}

/**
 * A source of dates that never repeats one: two rows of the same millisecond differ in their nanoseconds, as on a Mac,
 * where the values exceed what a double can hold.
 */
export function distinctDates(now: () => number): () => bigint {
  let last = 0n;
  return () => {
    const next = appleNanoseconds(now());
    last = next > last ? next : last + 1n;
    return last;
  };
}
