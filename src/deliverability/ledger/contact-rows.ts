import type { ChatKey } from '../../domain/index.ts';
import type { Store } from '../../store/index.ts';

/** A row of `ledger_contacts`. */
export interface ContactRow {
  readonly id: number;
  readonly first_in_at: number | null;
  readonly last_in_at: number | null;
  readonly window_at: number | null;
  readonly first_out_at: number | null;
  readonly last_out_at: number | null;
  readonly keyword_at: number | null;
  readonly opted_out: number;
  readonly is_spam: number;
  readonly time_zone: string | null;
}

export interface ContactRows {
  find(chat: ChatKey): ContactRow | null;
  /** The row of a contact, made now if there is none. */
  ensure(chat: ChatKey): ContactRow;
  save(row: ContactRow): void;
}

const COLUMNS =
  'id, first_in_at, last_in_at, window_at, first_out_at, last_out_at, keyword_at, opted_out, is_spam, time_zone';

/** What is known of each contact and group, kept with every message so that a verdict need not look for it. */
export function contactRows(store: Store): ContactRows {
  const find = store.db.prepare<[string], ContactRow>(
    `SELECT ${COLUMNS} FROM ledger_contacts WHERE chat = ?`,
  );
  const insert = store.db.prepare<[string], ContactRow>(
    `INSERT INTO ledger_contacts (chat) VALUES (?) RETURNING ${COLUMNS}`,
  );
  const save = store.db.prepare<[ContactRow]>(
    `UPDATE ledger_contacts SET first_in_at = @first_in_at, last_in_at = @last_in_at, window_at = @window_at,
       first_out_at = @first_out_at, last_out_at = @last_out_at, keyword_at = @keyword_at,
       opted_out = @opted_out, is_spam = @is_spam, time_zone = @time_zone WHERE id = @id`,
  );
  return {
    find: (chat) => find.get(chat) ?? null,
    ensure: (chat) => {
      const row = find.get(chat) ?? insert.get(chat);
      if (row === undefined) {
        throw new Error('a row that was just inserted is not there');
      }
      return row;
    },
    save: (row) => void save.run(row),
  };
}

/** The row with one more message in it. */
export function withMessage(
  row: ContactRow,
  message: {
    readonly at: number;
    readonly isOut: boolean;
    readonly isLate: boolean;
    readonly isSpam: boolean;
    readonly keyword: number | null;
  },
): ContactRow {
  const { at } = message;
  if (message.isOut) {
    return {
      ...row,
      first_out_at: Math.min(row.first_out_at ?? at, at),
      last_out_at: Math.max(row.last_out_at ?? at, at),
    };
  }
  // The latest word counts, in whatever order words become known; of two at once, the one that stops.
  const isLatest =
    message.keyword !== null &&
    (row.keyword_at === null ||
      at > row.keyword_at ||
      (at === row.keyword_at && message.keyword === KEYWORD.stop));
  return {
    ...row,
    first_in_at: Math.min(row.first_in_at ?? at, at),
    last_in_at: Math.max(row.last_in_at ?? at, at),
    window_at: message.isLate ? row.window_at : Math.max(row.window_at ?? at, at),
    is_spam: message.isSpam ? 1 : row.is_spam,
    ...(isLatest ? { keyword_at: at, opted_out: message.keyword === KEYWORD.stop ? 1 : 0 } : {}),
  };
}

export const KEYWORD = { start: 0, stop: 1 } as const;
