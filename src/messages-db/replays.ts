import type Database from 'better-sqlite3';
import { rowId, type Message, type MessageGuid, type RowId } from '../domain/index.ts';
import type { Columns } from './columns.ts';
import { integerOf, type SqlValue } from './sql-value.ts';

export interface Replays {
  /** The earlier copy of a message, or `null` if it is no replay. */
  replayOf(message: Message): MessageGuid | null;
}

type IdRow = readonly [id: SqlValue];

/** Rows of one second that are compared; of a burst the others are of another moment. */
const MAX_CANDIDATES = 200;
/** Neighbours by date among which an older row shows that a message came late. */
const NEIGHBOURS = 64;

/**
 * Messages in iCloud inserts old messages again: with a new guid and a new ROWID, but the date that they had (measured
 * by others on macOS 26: none of 775 shared a guid with its earlier copy). The earlier copy is the row with a lower
 * ROWID in the same chat, from the same side, of the same nanosecond, that says the same; or of the same second, where
 * the chat already held something later when the row came.
 */
export function replays(
  db: Database.Database,
  columns: Columns,
  readRows: (ids: readonly RowId[]) => readonly Message[],
): Replays {
  if (!columns.hasDateIndex) {
    return { replayOf: () => null };
  }
  const second = '(CASE WHEN o.date > 100000000000 THEN 1000000000 ELSE 1 END)';
  const exact = db
    .prepare<[number, number], IdRow>(
      `SELECT t.ROWID FROM message o CROSS JOIN message t ON t.date = o.date
       WHERE o.ROWID = +? AND t.ROWID < o.ROWID ORDER BY t.ROWID LIMIT +?`,
    )
    .raw(true);
  const near = db
    .prepare<[number, number], IdRow>(
      `SELECT t.ROWID FROM message o CROSS JOIN message t
         ON t.date BETWEEN o.date - o.date % ${second} AND o.date - o.date % ${second} + ${second} - 1
       WHERE o.ROWID = +? AND t.ROWID < o.ROWID LIMIT +?`,
    )
    .raw(true);
  const later = columns.has('chat_message_join', 'message_date')
    ? db
        .prepare<[number], IdRow>(
          `SELECT EXISTS (SELECT 1 FROM (
               SELECT j.message_id AS id FROM chat_message_join j
               WHERE j.chat_id = own.chat_id AND j.message_date > own.message_date
               ORDER BY j.message_date LIMIT ${NEIGHBOURS}) WHERE id < own.message_id)
           FROM chat_message_join own WHERE own.message_id = +? ORDER BY +own.chat_id LIMIT 1`,
        )
        .raw(true)
    : null;
  const earlierCopy = (message: Message, ids: readonly IdRow[]): MessageGuid | null => {
    const candidates = readRows(ids.map(([id]) => rowId(integerOf(id))));
    return candidates.find((candidate) => saysTheSame(candidate, message))?.guid ?? null;
  };
  return {
    replayOf: (message) => {
      if (message.chat === null) {
        return null;
      }
      const same = earlierCopy(message, exact.all(message.rowId, MAX_CANDIDATES));
      if (same !== null || integerOf(later?.get(message.rowId)?.[0] ?? null) === 0) {
        return same;
      }
      return earlierCopy(message, near.all(message.rowId, MAX_CANDIDATES));
    },
  };
}

function saysTheSame(earlier: Message, message: Message): boolean {
  if (
    earlier.chat?.key !== message.chat?.key ||
    earlier.isFromMe !== message.isFromMe ||
    earlier.sender !== message.sender ||
    earlier.kind.kind !== message.kind.kind
  ) {
    return false;
  }
  if (message.text !== null || earlier.text !== null) {
    return message.text === earlier.text;
  }
  const names = namesOf(message);
  return names === ''
    ? message.kind.kind !== 'text' && JSON.stringify(message.kind) === JSON.stringify(earlier.kind)
    : names === namesOf(earlier);
}

function namesOf(message: Message): string {
  return message.attachments.map((one) => one.filename ?? '').join('\n');
}
