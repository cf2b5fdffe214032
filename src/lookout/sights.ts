import type { Instant } from '../domain/index.ts';

/** What the line is used to. */
export interface Traffic {
  readonly lastInboundAt: Instant | null;
  /** ms; `null` where too few have written to tell. */
  readonly longestSilenceMs: number | null;
  readonly lastAt: Instant | null;
}

/** What was last seen. Each `null`: not looked at yet, or it does not say. */
export interface Sights {
  /** The user's graphical session is there. */
  readonly hasGuiSession: boolean | null;
  /** Seconds that the clock is behind a time server (negative: ahead). */
  readonly clockOffset: number | null;
  /** By what macOS knows the Node that runs this. */
  readonly node: { readonly isVersionedPlace: boolean; readonly isAdHoc: boolean } | null;
  /** The folder of the log, and what it may hold. */
  readonly log: { readonly bytes: number; readonly limitBytes: number } | null;
  /** `ok`, or what SQLite found wrong with our own database. */
  readonly integrity: string | null;
  /** What comes and goes on the line; `null` also while history is being read. */
  readonly traffic: Traffic | null;
  /** The last time that the clock went on by much more than was watched, or back; ms. */
  readonly jump: { readonly at: Instant; readonly ms: number } | null;
}

export const NOTHING_SEEN: Sights = {
  hasGuiSession: null,
  clockOffset: null,
  node: null,
  log: null,
  integrity: null,
  traffic: null,
  jump: null,
};
