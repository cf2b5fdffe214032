import type { MessagesDb } from '../messages-db/index.ts';
import type { CaptureMode, ReaderFigures } from './protocol.ts';
import type { RowRange } from './row-ranges.ts';

/** The tables that lead to messages: the join tables, and Recently Deleted. */
export type JoinedTable = 'chat_message_join' | 'message_attachment_join' | 'chat_recoverable_message_join';
export const JOINED_TABLES: ReadonlySet<JoinedTable> = new Set([
  'chat_message_join',
  'message_attachment_join',
  'chat_recoverable_message_join',
]);
export const NO_TABLES: ReadonlySet<JoinedTable> = new Set();

/** Which rows may have changed since the last call. More than have is harmless: they are compared. */
export interface Hints {
  /** Nothing has been written since the last look. */
  readonly isQuiet: boolean;
  readonly message: readonly RowRange[];
  readonly attachment: readonly RowRange[];
  /** Those of the tables beside that may have changed. */
  readonly joins: ReadonlySet<JoinedTable>;
  /** Commits cannot be told from what is there any more: everything has to be compared. */
  readonly lost: string | null;
}

/** Tells where to look for changed rows; what has changed is found by comparing, whichever the source. */
export interface ChangeSource {
  readonly mode: CaptureMode;
  /** Why it is not the better one. */
  readonly modeReason: string | null;
  /** Before the snapshot is taken in which the rows are compared: it must show all that these hints are of. */
  look(upTo: number): Hints;
  /**
   * After the first look at new rows, and after a loss: takes stock, from where the next `look` goes on. `later`: not
   * just now, as the files move. `unusable`: this source does not work here.
   */
  prepare(): 'ready' | 'later' | 'unusable';
  /** All that has been written so far has been seen. `false` where this cannot be told. */
  isSettled(): boolean;
  /** Where a commit is being written just now, blocks until it can be seen, a millisecond at most. */
  awaitCommit(): void;
  /**
   * The next look would say that nothing was written, and no work waits for idle moments. `false` where to ask costs as
   * much as to look.
   */
  isStill(): boolean;
  /** A bit of work that waits for idle moments. `true` while there is more. */
  idle(): boolean;
  figures(): Pick<ReaderFigures, 'looks' | 'resets' | 'pageMapMs'>;
}

export type OpenSource = (db: MessagesDb) => ChangeSource;
