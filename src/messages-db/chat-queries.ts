import type Database from 'better-sqlite3';
import {
  instant,
  type Chat,
  type ChatKey,
  type ChatRef,
  type Handle,
  type Instant,
} from '../domain/index.ts';
import { appleTime, rawDate } from './apple-time.ts';
import { addressOf, chatOfColumns, firstAddress } from './chat-of-row.ts';
import type { Columns } from './columns.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

/** Where a page of chats goes on: the last chat's newest message (0 if it has none) and the ROWID of its row. */
export interface ChatCursor {
  readonly at: Instant;
  readonly rowId: number;
}

export interface ChatPage {
  readonly before: ChatCursor | null;
  readonly limit: number;
  readonly line: Handle | null;
}

/** How a chat can be addressed. */
export interface ChatRoute {
  readonly guid: string;
  /** As the row names it; `''` where it names none. */
  readonly service: string;
  /** `chat.account_id`: the account that the chat was last used from. */
  readonly accountId: string | null;
}

export interface ChatQueries {
  chatsAfter(chatRowId: number): { rowId: number; isFirst: boolean; chat: Chat }[];
  chatKeys(): ChatKey[];
  chat(key: ChatKey): Chat | null;
  chats(page: ChatPage): { items: { chat: Chat; cursor: ChatCursor }[] };
  /** Every row that stands for this chat, the most recently used first. */
  chatRoutes(key: ChatKey): ChatRoute[];
  /** The services on which this address has a row of its own, the newest first. */
  handleServices(handle: Handle): string[];
  /** ROWIDs of all rows that stand for this chat. */
  rowIdsOf(key: ChatKey): number[];
}

type ChatRow = Readonly<
  Record<
    | 'row_id'
    | 'guid'
    | 'style'
    | 'chat_identifier'
    | 'service_name'
    | 'display_name'
    | 'last_addressed_handle'
    | 'account_login'
    | 'account_id'
    | 'last_date',
    SqlValue
  >
>;

interface ParticipantRow {
  readonly chat_id: SqlValue;
  readonly id: SqlValue;
}

/** One chat with its rows, the most recently used first: up to macOS 15 a person has one for each service. */
interface MergedRows {
  readonly ref: ChatRef;
  readonly rows: readonly [ChatRow, ...ChatRow[]];
}

/** The statements over `chat`. The table is small (thousands of rows), so merging happens here rather than in SQL. */
export function chatQueries(db: Database.Database, columns: Columns): ChatQueries {
  const select = chatSelect(columns);
  const all = db.prepare<[], ChatRow>(`${select} ORDER BY c.ROWID`).safeIntegers(true);
  const after = db
    .prepare<[number], ChatRow>(`${select} WHERE c.ROWID > ? ORDER BY c.ROWID`)
    .safeIntegers(true);
  const byIdentifier = db
    .prepare<[string], ChatRow>(
      `${select} WHERE ${columns.expression('chat', 'c', 'chat_identifier')} IN (SELECT value FROM json_each(?))`,
    )
    .safeIntegers(true);
  const places = db.prepare<[], { style: SqlValue; identifier: SqlValue; guid: SqlValue }>(
    `SELECT ${columns.selected('chat', 'c', 'style')}, ${columns.selected('chat', 'c', 'guid')},
       ${columns.expression('chat', 'c', 'chat_identifier')} AS identifier FROM chat c`,
  );
  const participants = columns.hasTable('chat_handle_join')
    ? db.prepare<[string], ParticipantRow>(
        `SELECT j.chat_id AS chat_id, ${columns.selected('handle', 'h', 'id')}
         FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id
         WHERE j.chat_id IN (SELECT value FROM json_each(?)) ORDER BY j.chat_id, h.ROWID`,
      )
    : null;

  const services = db.prepare<[string], { service: SqlValue }>(
    `SELECT ${columns.selected('handle', 'h', 'service')} FROM handle h
     WHERE ${columns.expression('handle', 'h', 'id')} = ? ORDER BY h.ROWID DESC`,
  );

  const toChats = (merged: readonly MergedRows[]): Chat[] => {
    const ids = merged.flatMap(({ rows }) => rows.map((row) => integerOf(row.row_id)));
    const members = new Map<number, Handle[]>();
    for (const row of participants?.all(JSON.stringify(ids)) ?? []) {
      const chatId = integerOf(row.chat_id);
      const id = textOf(row.id);
      if (id !== null) {
        members.set(chatId, [...(members.get(chatId) ?? []), addressOf(id)]);
      }
    }
    return merged.map((one) => toChat(one, members));
  };
  const rowsOf = (key: ChatKey): MergedRows | null => {
    const identifier = key.slice(key.indexOf(':') + 1);
    return merge(byIdentifier.all(JSON.stringify([identifier]))).get(key) ?? null;
  };

  return {
    chatsAfter: (chatRowId) => {
      const fresh = after.all(chatRowId);
      const identifiers = fresh.map((row) => textOf(row.chat_identifier)).filter((text) => text !== null);
      const known = byIdentifier.all(JSON.stringify(identifiers));
      const seen = new Set(known.map((row) => integerOf(row.row_id)));
      const merged = merge([...known, ...fresh.filter((row) => !seen.has(integerOf(row.row_id)))]);
      const chats = new Map(toChats([...merged.values()]).map((chat) => [chat.key, chat]));
      return fresh.flatMap((row) => {
        const key = refOf(row)?.key;
        const chat = key === undefined ? undefined : chats.get(key);
        const rowId = integerOf(row.row_id);
        const rows = key === undefined ? [] : (merged.get(key)?.rows ?? []);
        const isFirst = rows.every((other) => integerOf(other.row_id) >= rowId);
        return chat === undefined ? [] : [{ rowId, isFirst, chat }];
      });
    },
    chatKeys: () => [...new Set(places.all().flatMap((row) => chatOfColumns(row)?.key ?? []))],
    chat: (key) => {
      const merged = rowsOf(key);
      return merged === null ? null : (toChats([merged])[0] ?? null);
    },
    chats: (page) => {
      const entries = [...merge(all.all()).values()]
        .map((merged) => ({ merged, cursor: cursorOf(merged) }))
        .filter(({ merged, cursor }) => isWanted(merged, cursor, page))
        .sort((a, b) => compareCursors(b.cursor, a.cursor))
        .slice(0, page.limit);
      const chats = toChats(entries.map(({ merged }) => merged));
      return {
        items: entries.flatMap(({ cursor }, index) => {
          const chat = chats[index];
          return chat === undefined ? [] : [{ chat, cursor }];
        }),
      };
    },
    chatRoutes: (key) =>
      rowsOf(key)?.rows.map((row) => ({
        guid: textOf(row.guid) ?? '',
        service: textOf(row.service_name) ?? '',
        accountId: textOf(row.account_id),
      })) ?? [],
    handleServices: (wanted) =>
      services
        .all(wanted)
        .map((row) => textOf(row.service))
        .filter((service) => service !== null),
    rowIdsOf: (key) => rowsOf(key)?.rows.map((row) => integerOf(row.row_id)) ?? [],
  };
}

/** `chat_message_join.message_date` is indexed by chat; where it is empty (before 10.13) the messages are asked. */
function chatSelect(columns: Columns): string {
  const names = [
    'guid',
    'style',
    'chat_identifier',
    'service_name',
    'display_name',
    'last_addressed_handle',
    'account_login',
    'account_id',
  ] as const;
  const fromJoin = columns.has('chat_message_join', 'message_date')
    ? '(SELECT MAX(j.message_date) FROM chat_message_join j WHERE j.chat_id = c.ROWID)'
    : 'NULL';
  const fromMessages = columns.hasTable('chat_message_join')
    ? `(SELECT MAX(${columns.expression('message', 'm', 'date')}) FROM chat_message_join j
        JOIN message m ON m.ROWID = j.message_id WHERE j.chat_id = c.ROWID)`
    : 'NULL';
  return `
    SELECT c.ROWID AS row_id, ${names.map((name) => columns.selected('chat', 'c', name)).join(', ')},
      COALESCE(NULLIF(${fromJoin}, 0), ${fromMessages}) AS last_date
    FROM chat c`;
}

function refOf(row: ChatRow): ChatRef | null {
  return chatOfColumns({ style: row.style, identifier: row.chat_identifier, guid: row.guid });
}

function merge(rows: readonly ChatRow[]): Map<ChatKey, MergedRows> {
  const merged = new Map<ChatKey, MergedRows>();
  for (const row of rows.toSorted(byRecentUse)) {
    const ref = refOf(row);
    if (ref !== null) {
      const [first, ...others] = merged.get(ref.key)?.rows ?? [];
      merged.set(ref.key, { ref, rows: first === undefined ? [row] : [first, ...others, row] });
    }
  }
  return merged;
}

function byRecentUse(a: ChatRow, b: ChatRow): number {
  const [dateA, dateB] = [rawDate(a.last_date) ?? -1n, rawDate(b.last_date) ?? -1n];
  if (dateA !== dateB) {
    return dateA > dateB ? -1 : 1;
  }
  return integerOf(b.row_id) - integerOf(a.row_id);
}

function cursorOf({ rows }: MergedRows): ChatCursor {
  return { at: appleTime(rows[0].last_date) ?? instant(0), rowId: integerOf(rows[0].row_id) };
}

function compareCursors(a: ChatCursor, b: ChatCursor): number {
  return a.at === b.at ? a.rowId - b.rowId : a.at - b.at;
}

function isWanted(merged: MergedRows, cursor: ChatCursor, page: ChatPage): boolean {
  const isOnPage = page.before === null || compareCursors(cursor, page.before) < 0;
  return isOnPage && (page.line === null || lineOf(merged) === page.line);
}

function lineOf({ rows }: MergedRows): Handle | null {
  return (
    firstAddress(...rows.map((row) => row.last_addressed_handle)) ??
    firstAddress(...rows.map((row) => row.account_login))
  );
}

function toChat(merged: MergedRows, members: ReadonlyMap<number, readonly Handle[]>): Chat {
  const { ref, rows } = merged;
  const joined = new Set(rows.flatMap((row) => members.get(integerOf(row.row_id)) ?? []));
  // A new chat is there before its members are joined; of a one-to-one chat the identifier is the member.
  const others = joined.size === 0 && ref.style === 'direct' ? [addressOf(ref.identifier)] : [...joined];
  return {
    ...ref,
    guid: textOf(rows[0].guid) ?? '',
    service: textOf(rows[0].service_name) ?? '',
    displayName: rows.map((row) => textOf(row.display_name)).find((name) => name !== null) ?? null,
    participants: others,
    lastMessageAt: appleTime(rows[0].last_date),
    line: lineOf(merged),
  };
}
