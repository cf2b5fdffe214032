/** A library: SQLite's WAL read from outside. Which ROWIDs of which tables each commit touched; no word of Messages. */
export { openWalFollower, type WalFollower } from './follower.ts';
export type { FollowerCounters, Look, Rebuilt, Resets, WalFollowerOptions } from './look.ts';
export { Lost, type LostReason } from './lost.ts';
export type { RowRange } from './ranges.ts';
