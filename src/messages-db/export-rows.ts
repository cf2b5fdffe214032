import { rowId, type ChatKey, type Handle, type Instant, type Message, type RowId } from '../domain/index.ts';
import { AT, type MessageRow } from './message-columns.ts';
import type { MessageRows } from './message-rows.ts';
import { blobOf, integerOf, textOf } from './sql-value.ts';

/** A stretch of the history, in the order of ROWIDs. */
export interface ExportRange {
  readonly after: RowId;
  /** Rows that are read at most in one go, wanted or not: one go is one short read. */
  readonly limit: number;
  /** By the message's date: from the one, up to and without the other. */
  readonly since?: Instant | null;
  readonly until?: Instant | null;
  readonly chat?: ChatKey | null;
  readonly line?: Handle | null;
}

export interface ExportedRows {
  readonly messages: readonly Message[];
  /** Where the next stretch begins; `null` at the end of the table. */
  readonly next: RowId | null;
}

/** Bytes of text and body that are turned into messages in one go: a thread with a small heap may be reading. */
const MOST_BYTES = 1024 * 1024;
/** Rows that are passed over by their date or chat cost little: so many times the limit are looked at in one go. */
const PASSED_OVER = 4;

export function exportRows(
  range: ExportRange,
  source: {
    readonly rows: MessageRows;
    readonly chatRowIds: (key: ChatKey) => readonly number[];
    readonly toMessages: (rows: readonly MessageRow[]) => readonly Message[];
  },
): ExportedRows {
  const { since = null, until = null, chat = null, line = null } = range;
  if (since === null && until === null && chat === null && line === null) {
    const found = source.rows.after(range.after, range.limit);
    const rows = notTooMuch(found);
    return {
      messages: source.toMessages(rows),
      next: found.length < range.limit && rows === found ? null : idOf(rows.at(-1), range.after),
    };
  }
  const end = source.rows.rowsFurther(range.after, range.limit * PASSED_OVER);
  const found = source.rows.within(range.after, end ?? rowId(Number.MAX_SAFE_INTEGER), {
    since,
    until,
    chats: chat === null ? null : source.chatRowIds(chat),
  });
  const rows = notTooMuch(found);
  const messages = source
    .toMessages(rows)
    .filter(
      (message) =>
        (since === null || message.sentAt >= since) &&
        (until === null || message.sentAt < until) &&
        (chat === null || message.chat?.key === chat) &&
        (line === null || message.line === line),
    );
  return { messages, next: rows === found ? end : idOf(rows.at(-1), range.after) };
}

/** The rows, or the first of them where all would be too much at once; one at least. */
function notTooMuch(rows: readonly MessageRow[]): readonly MessageRow[] {
  let bytes = 0;
  for (const [index, row] of rows.entries()) {
    bytes += (textOf(row[AT.text])?.length ?? 0) + (blobOf(row[AT.attributedBody])?.length ?? 0);
    if (bytes > MOST_BYTES && index > 0) {
      return rows.slice(0, index);
    }
  }
  return rows;
}

function idOf(row: MessageRow | undefined, otherwise: RowId): RowId {
  return row === undefined ? otherwise : rowId(integerOf(row[AT.ROW_ID]));
}
