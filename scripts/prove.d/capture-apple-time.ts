const APPLE_EPOCH_MS = 978_307_200_000;

/** Nanoseconds since 2001, as rows of `message` are dated. */
export function appleNanoseconds(unixMs: number): bigint {
  return BigInt(Math.round(unixMs - APPLE_EPOCH_MS)) * 1_000_000n;
}

/** Seconds since 2001, as the revisions of an edit are dated. */
export function appleSeconds(unixMs: number): number {
  return (unixMs - APPLE_EPOCH_MS) / 1000;
}
