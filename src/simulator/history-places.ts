import { isSince, type Era } from './era-schema.ts';
import type { OwnAccount } from './own-account.ts';
import type { InsertRow } from './row-insert.ts';

/** A chat of a generated history. */
export interface HistoryChat {
  readonly rowId: number;
  readonly service: string;
  /** `null` in a chat with one person. */
  readonly room: string | null;
  /** ROWIDs of its members' handles. */
  readonly handles: readonly number[];
  /** Guid of its newest message of an ordinary kind. */
  last: string | null;
}

/** Makes the chats of a history: seven of ten with one person, one of twelve for text messages alone. */
export function historyPlaces(
  insert: InsertRow,
  options: {
    readonly era: Era;
    readonly count: number;
    readonly random: () => number;
    readonly guid: () => string;
    readonly account: OwnAccount;
  },
): HistoryChat[] {
  const { era, count, random, guid, account } = options;
  const chats: HistoryChat[] = [];
  for (let index = 0; index < count; index += 1) {
    const isGroup = index % 10 > 6;
    const service = index % 12 === 5 ? 'SMS' : 'iMessage';
    const members = Array.from({ length: isGroup ? 3 + Math.floor(random() * 6) : 1 }, (_, member) => {
      const id = `+1555${String(1_000_000 + index * 100 + member)}`;
      return { id, handle: insert('handle', { id, service, country: 'us', uncanonicalized_id: id }) };
    });
    const identifier = isGroup
      ? `chat${String(100_000_000_000_000_000n + BigInt(index))}`
      : (members[0]?.id ?? '');
    const rowId = insert('chat', {
      guid: `${isSince(era, 26) ? 'any' : service};${isGroup ? '+' : '-'};${identifier}`,
      style: isGroup ? 43 : 45,
      state: 3,
      account_id: account.guid,
      account_login: account.login,
      chat_identifier: identifier,
      service_name: service,
      room_name: isGroup ? identifier : null,
      display_name: isGroup ? `Group ${index}` : null,
      group_id: guid(),
      last_addressed_handle: account.line,
      is_filtered: index % 20 === 19 ? 1 : 0,
      successful_query: 1,
    });
    for (const { handle } of members) {
      insert('chat_handle_join', { chat_id: rowId, handle_id: handle });
    }
    chats.push({
      rowId,
      service,
      room: isGroup ? identifier : null,
      handles: members.map(({ handle }) => handle),
      last: null,
    });
  }
  return chats;
}
