import type Database from 'better-sqlite3';
import { isSince, type Era } from './era-schema.ts';
import type { OwnAccount } from './own-account.ts';
import type { InsertRow } from './row-insert.ts';

/** A row of `chat`, as much of it as a writer needs. */
export interface ChatPlace {
  readonly rowId: number;
  readonly guid: string;
  readonly style: 'direct' | 'group';
  readonly identifier: string;
}

export type ChatRequest =
  | { readonly style: 'direct'; readonly handle: string; readonly service?: string }
  | {
      readonly style: 'group';
      /** `chat<digits>` or 32 hex digits. */
      readonly id: string;
      readonly name: string | null;
      readonly participants: readonly string[];
      readonly service?: string;
    };

/** Finds or makes the rows of `handle` and `chat`, with their joins. */
export class ChatPlaces {
  readonly #db: Database.Database;
  readonly #era: Era;
  readonly #insert: InsertRow;
  readonly #account: OwnAccount;
  readonly #uuid: () => string;

  constructor(
    db: Database.Database,
    options: {
      readonly era: Era;
      readonly insert: InsertRow;
      readonly account: OwnAccount;
      readonly uuid: () => string;
    },
  ) {
    this.#db = db;
    this.#era = options.era;
    this.#insert = options.insert;
    this.#account = options.account;
    this.#uuid = options.uuid;
  }

  /** ROWID of the handle on that service: the same person has one row per service. */
  ensureHandle(id: string, service: string): number {
    const row = this.#db
      .prepare<[string, string], { ROWID: number }>('SELECT ROWID FROM handle WHERE id = ? AND service = ?')
      .get(id, service);
    return (
      row?.ROWID ??
      this.#insert('handle', {
        id,
        service,
        country: id.startsWith('+') ? 'us' : null,
        uncanonicalized_id: id,
      })
    );
  }

  /** Up to macOS 15 each service has a chat of its own with the same person; from 26 on there is one, `any;…`. */
  ensureChat(request: ChatRequest): ChatPlace {
    const service = request.service ?? 'iMessage';
    const identifier = request.style === 'direct' ? request.handle : request.id;
    const prefix = isSince(this.#era, 26) ? 'any' : service;
    const guid = `${prefix};${request.style === 'direct' ? '-' : '+'};${identifier}`;
    const existing = this.find(guid);
    if (existing !== null) {
      return existing;
    }
    const rowId = this.#insert('chat', {
      guid,
      style: request.style === 'direct' ? 45 : 43,
      state: 3,
      account_id: this.#account.guid,
      account_login: this.#account.login,
      chat_identifier: identifier,
      service_name: service,
      room_name: request.style === 'group' ? identifier : null,
      display_name: request.style === 'group' ? request.name : null,
      group_id: this.#uuid(),
      last_addressed_handle: this.#account.line,
      is_filtered: 0,
      successful_query: 1,
    });
    for (const member of request.style === 'direct' ? [request.handle] : request.participants) {
      this.join(rowId, member, service);
    }
    return { rowId, guid, style: request.style, identifier };
  }

  /** The chat as it stands in this database; made anew where another database has taken the place of the one it was in. */
  present(chat: ChatPlace, participants: readonly string[]): ChatPlace {
    const { style, identifier } = chat;
    const service = chat.guid.startsWith('SMS;') ? { service: 'SMS' } : {};
    return (
      this.find(chat.guid) ??
      this.ensureChat(
        style === 'direct'
          ? { style, handle: identifier, ...service }
          : { style, id: identifier, name: null, participants, ...service },
      )
    );
  }

  /** A chat by its exact guid. */
  find(guid: string): ChatPlace | null {
    const row = this.#db
      .prepare<[string], { ROWID: number; style: number; chat_identifier: string }>(
        'SELECT ROWID, style, chat_identifier FROM chat WHERE guid = ?',
      )
      .get(guid);
    return row === undefined
      ? null
      : {
          rowId: row.ROWID,
          guid,
          style: row.style === 43 ? 'group' : 'direct',
          identifier: row.chat_identifier,
        };
  }

  participants(chat: number): string[] {
    return this.#db
      .prepare<[number], { id: string }>(
        `SELECT h.id FROM chat_handle_join j JOIN handle h ON h.ROWID = j.handle_id WHERE j.chat_id = ? ORDER BY h.ROWID`,
      )
      .all(chat)
      .map((row) => row.id);
  }

  join(chat: number, id: string, service: string): void {
    const handle = this.ensureHandle(id, service);
    this.#db
      .prepare<[number, number]>('INSERT OR IGNORE INTO chat_handle_join (chat_id, handle_id) VALUES (?, ?)')
      .run(chat, handle);
  }

  leave(chat: number, id: string): void {
    this.#db
      .prepare<[number, string]>(
        'DELETE FROM chat_handle_join WHERE chat_id = ? AND handle_id IN (SELECT ROWID FROM handle WHERE id = ?)',
      )
      .run(chat, id);
  }

  rename(chat: number, name: string | null): void {
    this.#db
      .prepare<[string | null, number]>('UPDATE chat SET display_name = ? WHERE ROWID = ?')
      .run(name, chat);
  }
}
