/**
 * What the storm's writer can be told to do. The model decides it and knows what it means; the writer has the SQL.
 * Rows are named by their guids, times are Unix ms.
 */
export interface NewFile {
  readonly guid: string;
  readonly state: number;
}

export interface Revision {
  readonly at: number;
  readonly text: string;
}

/** What the blobs of a row are made of: everything that an edit, an unsend or a transcript must write anew. */
export interface Content {
  /** `null`: the body has not arrived. */
  readonly text: string | null;
  /** Attachments stand before the text, each a part of its own. */
  readonly files: readonly string[];
  /** Of the text part, the original first; empty if it was never edited. */
  readonly revisions: readonly Revision[];
  readonly retracted: readonly number[];
  readonly transcript: string | null;
}

export type Op =
  | {
      readonly op: 'message';
      readonly guid: string;
      readonly chat: string;
      /** `null`: our side. */
      readonly from: string | null;
      readonly content: Content;
      /** The row's date: `at`, and so many nanoseconds. */
      readonly at: number;
      readonly nanoseconds: number;
      readonly isJoined: boolean;
      readonly isSent: boolean;
      readonly isRead: boolean;
      readonly isAudio: boolean;
      readonly files: readonly NewFile[];
    }
  | {
      readonly op: 'tapback';
      readonly guid: string;
      readonly chat: string;
      readonly from: string | null;
      readonly target: string;
      readonly code: number;
      /** The row of the same sender that goes. */
      readonly replaces: string | null;
      readonly at: number;
    }
  | {
      readonly op: 'group';
      readonly guid: string;
      readonly chat: string;
      readonly from: string | null;
      readonly itemType: number;
      readonly action: number;
      readonly who: string | null;
      readonly title: string | null;
      readonly at: number;
    }
  | {
      readonly op: 'chat';
      readonly guid: string;
      readonly isGroup: boolean;
      readonly identifier: string;
      readonly members: readonly string[];
    }
  | { readonly op: 'flags'; readonly guid: string; readonly set: FlagChange; readonly at: number }
  | {
      readonly op: 'content';
      readonly guid: string;
      readonly isOwn: boolean;
      readonly content: Content;
      /** When it was edited or taken back; `null` for what else comes late. */
      readonly editedAt: number | null;
    }
  | { readonly op: 'join'; readonly guid: string; readonly chat: string }
  | { readonly op: 'preview'; readonly guid: string; readonly title: string }
  | { readonly op: 'file'; readonly file: string; readonly state: number }
  | { readonly op: 'recent' | 'restore' | 'purge'; readonly guid: string; readonly at: number }
  /** Columns that say nothing to anybody outside Messages. */
  | { readonly op: 'noise'; readonly guid: string; readonly value: number };

export type FlagChange =
  | 'sent'
  | 'delivered'
  | 'read'
  | 'delivered_read'
  | 'owner_read'
  | 'failed'
  | 'retried';

/** One transaction. */
export interface WriterTransaction {
  readonly ops: readonly Op[];
  /** Ends with ROLLBACK, its pages spilled to the WAL before. */
  readonly isRolledBack: boolean;
  /** The writer kills itself before this op, its pages spilled. */
  readonly crashBefore: number | null;
}

export type CheckpointMode = 'PASSIVE' | 'FULL' | 'RESTART' | 'TRUNCATE';

export type Order =
  /** The steps are numbered from `first` on; the number of the last committed one stands in the database. */
  | { readonly order: 'write'; readonly first: number; readonly transactions: readonly WriterTransaction[] }
  | { readonly order: 'checkpoint'; readonly mode: CheckpointMode }
  | {
      readonly order: 'pragma';
      readonly name: 'journal_size_limit' | 'wal_autocheckpoint' | 'synchronous';
      readonly value: number;
    }
  /** `close`: the connection alone; `recreate`: -wal and -shm go, too; `replace`: the file becomes a copy of itself. */
  | { readonly order: 'reopen'; readonly how: 'close' | 'recreate' | 'replace' }
  | { readonly order: 'vacuum' }
  | { readonly order: 'index'; readonly isWanted: boolean }
  | { readonly order: 'last_step' };

export type Answer =
  /** When each transaction had committed: Unix ms, and nanoseconds of the clock that all processes share. */
  | { readonly answer: 'written'; readonly at: readonly number[]; readonly ticks: readonly bigint[] }
  | { readonly answer: 'done'; readonly value: number }
  | { readonly answer: 'failed'; readonly message: string };
