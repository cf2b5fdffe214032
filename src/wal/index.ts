/** A library: SQLite's WAL read from outside. Which ROWIDs of which tables each commit touched; no word of Messages. */
export {
  openWalFollower,
  type FollowerCounters,
  type Look,
  type Rebuilt,
  type Resets,
  type WalFollower,
  type WalFollowerOptions,
} from './follower.ts';
export { Lost, type LostReason } from './lost.ts';
export type { RowRange } from './ranges.ts';
