/** Why a follower no longer knows what changed. */
export type LostReason =
  /** `rebuild()` has not been called, or has failed. */
  | 'not_built'
  /** There is no `-shm` file, or it is shorter than its header. */
  | 'index_unreadable'
  /** The two copies of the wal-index header disagree, and stay so. */
  | 'index_torn'
  /** The frames that the wal-index promises are not in the `-wal`, or do not bear out their checksums. */
  | 'wal_mismatch'
  /** Fewer frames are committed than were read already. */
  | 'went_back'
  /** The frames hold another number of commits than the wal-index has counted. */
  | 'commit_count'
  /** The WAL began anew, and commits of before cannot be read any more. */
  | 'commits_unseen'
  /** The WAL began anew in a way that a checkpoint does not explain: it was deleted, or recovered. */
  | 'new_generation'
  /** Another file has taken the name of the database or of its `-shm`. */
  | 'replaced'
  /** The WAL was reset again and again while it was being read. */
  | 'unstable'
  /** A frame that had been verified was overwritten before its page was needed. */
  | 'overwritten'
  | 'database_unreadable'
  | 'page_size_changed'
  | 'schema_changed'
  /** More pages than this reader was made for: see the limits in the README. */
  | 'too_large'
  /** A page in the tree of a followed table is no page of a table with ROWIDs. */
  | 'wrong_page_type'
  | 'malformed_page'
  /** A tree refers to a page that was neither known nor written. */
  | 'unknown_page'
  | 'page_twice'
  | 'too_deep'
  | 'uneven_depth'
  | 'rowid_out_of_range'
  | 'overflow_chain';

/**
 * The files do not tell for certain what changed. Nothing is guessed: whoever gets this builds anew and compares the
 * rows themselves.
 */
export class Lost extends Error {
  override readonly name = 'Lost';
  readonly reason: LostReason;

  constructor(reason: LostReason, cause?: unknown) {
    super(`The WAL cannot be followed: ${reason}`, cause === undefined ? undefined : { cause });
    this.reason = reason;
  }
}
