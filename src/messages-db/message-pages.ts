import type Database from 'better-sqlite3';
import {
  canonicalHandle,
  rowId,
  type ChatKey,
  type Handle,
  type Message,
  type RowId,
} from '../domain/index.ts';
import { rawDate } from './apple-time.ts';
import type { Columns } from './columns.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';
import type { ReadMessage } from './to-message.ts';

/** Where a page of messages goes on: the raw date, as decimal digits because no double holds it, and the ROWID. */
export interface MessageCursor {
  readonly date: string;
  readonly rowId: RowId;
}

export interface MessagePage {
  readonly chat: ChatKey | null;
  readonly line: Handle | null;
  readonly before: MessageCursor | null;
  readonly limit: number;
}

export interface MessagePages {
  messages(page: MessagePage): { items: { message: Message; cursor: MessageCursor }[] };
}

type PlaceRow = Readonly<Record<'row_id' | 'date' | 'destination_caller_id', SqlValue>>;

type Places = (dates: {
  readonly before: bigint;
  readonly rowId: number;
  readonly limit: number;
}) => PlaceRow[];

/** Before everything: a first page starts here. */
const END_OF_TIME = 0x7fff_ffff_ffff_ffffn;
/** Rows looked at in one go while a line's messages are sought among others': each go is a short read of its own. */
const SEARCH_BATCH = 500;

/** Pages of messages, newest first. Rows are found through an index alone, then read in one go. */
export function messagePages(
  db: Database.Database,
  columns: Columns,
  rooms: {
    readonly chatRowIds: (key: ChatKey) => readonly number[];
    readonly readRows: (ids: readonly RowId[]) => readonly ReadMessage[];
  },
): MessagePages {
  const everywhere = placesEverywhere(db, columns);
  const inChats = placesInChats(db, columns);
  return {
    messages: (page) => {
      const places = page.chat === null ? everywhere : inChats(rooms.chatRowIds(page.chat));
      const items: { message: Message; cursor: MessageCursor }[] = [];
      let before = BigInt(page.before?.date ?? END_OF_TIME);
      let id = page.before?.rowId ?? Number.MAX_SAFE_INTEGER;
      while (items.length < page.limit) {
        const limit = page.line === null ? page.limit - items.length : SEARCH_BATCH;
        const found = places({ before, rowId: id, limit });
        items.push(...readPlaces(found, page.line, rooms.readRows).slice(0, page.limit - items.length));
        const last = found.at(-1);
        if (last === undefined || found.length < limit) {
          break;
        }
        before = rawDate(last.date) ?? 0n;
        id = rowId(integerOf(last.row_id));
      }
      return { items };
    },
  };
}

function readPlaces(
  places: readonly PlaceRow[],
  line: Handle | null,
  readRows: (ids: readonly RowId[]) => readonly ReadMessage[],
): { message: Message; cursor: MessageCursor }[] {
  const wanted = places.filter((place) => line === null || mayBeOn(place, line));
  const read = new Map(
    readRows(wanted.map((place) => rowId(integerOf(place.row_id)))).map((one) => [
      one.message.rowId,
      one.message,
    ]),
  );
  return wanted.flatMap((place) => {
    const id = rowId(integerOf(place.row_id));
    const message = read.get(id);
    // A tapback's row has a text of its own ("Loved …"), which nobody wrote: it is a reaction, not a message.
    const isListed = message !== undefined && message.kind.kind !== 'reaction';
    return !isListed || (line !== null && message.line !== line)
      ? []
      : [{ message, cursor: { date: String(rawDate(place.date) ?? 0n), rowId: id } }];
  });
}

/** Only a row that names another address itself is ruled out unread: the rest takes its line from elsewhere. */
function mayBeOn(place: PlaceRow, line: Handle): boolean {
  const stored = textOf(place.destination_caller_id);
  return stored === null || canonicalHandle(stored) === line;
}

function placesEverywhere(db: Database.Database, columns: Columns): Places {
  const date = columns.expression('message', 'm', 'date');
  const statement = db
    .prepare<[bigint, bigint, number, number], PlaceRow>(
      `SELECT m.ROWID AS row_id, ${date} AS date,
         ${columns.selected('message', 'm', 'destination_caller_id')}
       FROM message m WHERE ${date} <= ? AND (${date} < ? OR m.ROWID < ?)
       ORDER BY ${date} DESC, m.ROWID DESC LIMIT +?`,
    )
    .safeIntegers(true);
  return ({ before, rowId, limit }) => statement.all(before, before, rowId, limit);
}

/**
 * The messages of some rows of `chat`. `message_date` is indexed by chat and kept equal to the message's date by a
 * trigger; where a join has none, it is the message's date that sorts.
 */
function placesInChats(db: Database.Database, columns: Columns): (chatRowIds: readonly number[]) => Places {
  if (!columns.hasTable('chat_message_join')) {
    return () => () => [];
  }
  // The page is cut before the messages themselves are touched: a long chat is sorted in the index alone.
  const prepare = (source: string, date: string) =>
    db
      .prepare<[string, bigint, bigint, number, number], PlaceRow>(
        `SELECT page.row_id AS row_id, page.date AS date,
           ${columns.selected('message', 'own', 'destination_caller_id')}
         FROM (
           SELECT DISTINCT j.message_id AS row_id, ${date} AS date
           FROM ${source} WHERE j.chat_id IN (SELECT value FROM json_each(?))
             AND ${date} <= ? AND (${date} < ? OR j.message_id < ?)
           ORDER BY ${date} DESC, j.message_id DESC LIMIT +?) page
         LEFT JOIN message own ON own.ROWID = page.row_id
         ORDER BY page.date DESC, page.row_id DESC`,
      )
      .safeIntegers(true);
  const byMessage = prepare(
    'chat_message_join j CROSS JOIN message m ON m.ROWID = j.message_id',
    columns.expression('message', 'm', 'date'),
  );
  const hasDates = columns.has('chat_message_join', 'message_date');
  const byJoin = hasDates ? prepare('chat_message_join j', 'j.message_date') : byMessage;
  const undated = hasDates
    ? db.prepare<[string, string], { found: number }>(
        `SELECT EXISTS (SELECT 1 FROM chat_message_join
             WHERE chat_id IN (SELECT value FROM json_each(?)) AND message_date = 0)
           OR EXISTS (SELECT 1 FROM chat_message_join
             WHERE chat_id IN (SELECT value FROM json_each(?)) AND message_date IS NULL) AS found`,
      )
    : null;
  return (chatRowIds) => {
    const ids = JSON.stringify(chatRowIds);
    const statement = undated?.get(ids, ids)?.found === 0 ? byJoin : byMessage;
    return ({ before, rowId, limit }) => statement.all(ids, before, before, rowId, limit);
  };
}
