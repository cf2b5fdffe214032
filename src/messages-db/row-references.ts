import type Database from 'better-sqlite3';
import { canonicalHandle, type ChatRef, type Handle, type Message } from '../domain/index.ts';
import { addressOf, chatOfColumns } from './chat-of-row.ts';
import type { Columns } from './columns.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

/** What a message needs of its chat's row. */
export interface ChatEntry {
  readonly ref: ChatRef;
  readonly service: string | null;
  readonly lastAddressed: SqlValue;
  readonly accountLogin: SqlValue;
  readonly filter: Message['filtering']['chat'];
}

export interface HandleEntry {
  /** As stored: what a chat that was never joined is named after. */
  readonly stored: string;
  readonly handle: Handle;
  readonly service: string | null;
}

/** What rows of `message` point to by number. Rows are few and messages many: each is read once and kept. */
export interface RowReferences {
  chat(rowId: number): ChatEntry | null;
  handle(rowId: SqlValue | undefined): HandleEntry | null;
  /** Own address in canonical form; `null` for an empty one. */
  address(stored: SqlValue | undefined): Handle | null;
  /** To be called when the database may have changed. */
  forget(): void;
}

type ChatColumns = Readonly<
  Record<
    | 'style'
    | 'identifier'
    | 'guid'
    | 'service_name'
    | 'last_addressed_handle'
    | 'account_login'
    | 'is_filtered',
    SqlValue
  >
>;

const MAX_ADDRESSES = 10_000;

export function rowReferences(db: Database.Database, columns: Columns): RowReferences {
  const names = [
    'style',
    'guid',
    'service_name',
    'last_addressed_handle',
    'account_login',
    'is_filtered',
  ] as const;
  const chatStatement = db.prepare<[number], ChatColumns>(
    `SELECT ${names.map((name) => columns.selected('chat', 'c', name)).join(', ')},
       ${columns.selected('chat', 'c', 'chat_identifier', 'identifier')} FROM chat c WHERE c.ROWID = ?`,
  );
  const handleStatement = db.prepare<[number], { id: SqlValue; service: SqlValue }>(
    `SELECT ${columns.selected('handle', 'h', 'id')}, ${columns.selected('handle', 'h', 'service')}
     FROM handle h WHERE h.ROWID = ?`,
  );
  const chats = new Map<number, ChatEntry | null>();
  const handles = new Map<number, HandleEntry | null>();
  const addresses = new Map<string, Handle | null>();

  return {
    chat: (id) => {
      let entry = chats.get(id);
      if (entry === undefined) {
        entry = chatEntry(chatStatement.get(id));
        chats.set(id, entry);
      }
      return entry;
    },
    handle: (stored) => {
      const id = integerOf(stored);
      if (id <= 0) {
        return null;
      }
      let entry = handles.get(id);
      if (entry === undefined) {
        entry = handleEntry(handleStatement.get(id));
        handles.set(id, entry);
      }
      return entry;
    },
    address: (stored) => {
      const text = textOf(stored);
      if (text === null) {
        return null;
      }
      let address = addresses.get(text);
      if (address === undefined) {
        const canonical = canonicalHandle(text);
        address = canonical === '' ? null : canonical;
        if (addresses.size >= MAX_ADDRESSES) {
          addresses.clear();
        }
        addresses.set(text, address);
      }
      return address;
    },
    forget: () => {
      chats.clear();
      handles.clear();
    },
  };
}

function chatEntry(row: ChatColumns | undefined): ChatEntry | null {
  const ref = row === undefined ? null : chatOfColumns(row);
  return row === undefined || ref === null
    ? null
    : {
        ref,
        service: textOf(row.service_name),
        lastAddressed: row.last_addressed_handle,
        accountLogin: row.account_login,
        filter: filterOf(integerOf(row.is_filtered)),
      };
}

function handleEntry(row: { id: SqlValue; service: SqlValue } | undefined): HandleEntry | null {
  const stored = row === undefined ? null : textOf(row.id);
  return row === undefined || stored === null
    ? null
    : { stored, handle: addressOf(stored), service: textOf(row.service) };
}

function filterOf(code: number): Message['filtering']['chat'] {
  switch (code) {
    case 0:
      return 'known';
    case 1:
      return 'unknown_sender';
    case 2:
      return 'spam';
    default:
      return 'category';
  }
}
