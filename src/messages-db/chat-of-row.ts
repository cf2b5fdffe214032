import { canonicalHandle, chatRef, parseChatGuid, type ChatRef, type Handle } from '../domain/index.ts';
import type { MessageRow } from './message-rows.ts';
import { integerOf, textOf, type SqlValue } from './sql-value.ts';

/** chat.style: the codes of `-` and `+`, which the chat's guid has in its middle. */
const DIRECT_STYLE = 45;
const GROUP_STYLE = 43;
/** What a group's identifier looks like when it turns up as a handle (macOS 26 leaves such rows after a failed send). */
const GROUP_IDENTIFIER = /^chat\d+$/u;

/** The chat that a row of `chat` stands for; `null` where neither its columns nor its guid tell. */
export function chatOfColumns(columns: {
  readonly style: SqlValue;
  readonly identifier: SqlValue;
  readonly guid: SqlValue;
}): ChatRef | null {
  const named = parseChatGuid(textOf(columns.guid) ?? '');
  const identifier = textOf(columns.identifier) ?? named?.identifier ?? null;
  if (identifier === null) {
    return null;
  }
  switch (integerOf(columns.style)) {
    case DIRECT_STYLE:
      return chatRef('direct', identifier);
    case GROUP_STYLE:
      return chatRef('group', identifier);
    default:
      return named === null ? null : chatRef(named.style, identifier);
  }
}

/** Where a message stands, how that is known, and whether a join says so yet. */
export interface ChatOfMessage {
  readonly chat: ChatRef | null;
  readonly chatResolved: 'join' | 'handle';
  readonly isRecentlyDeleted: boolean;
  readonly isJoined: boolean;
}

/**
 * The chat of a message: by its join, else by the join that a deletion moved to the other table, else by the group
 * that Messages noted in the row, else by the address it came from.
 */
export function chatOfMessage(row: MessageRow): ChatOfMessage {
  const joined = chatOfColumns({
    style: row.chat_style,
    identifier: row.chat_chat_identifier,
    guid: row.chat_guid,
  });
  if (joined !== null) {
    const isRecentlyDeleted = row.joined_chat === null && row.recoverable_chat !== null;
    return { chat: joined, chatResolved: 'join', isRecentlyDeleted, isJoined: true };
  }
  return { chat: derivedChat(row), chatResolved: 'handle', isRecentlyDeleted: false, isJoined: false };
}

function derivedChat(row: MessageRow): ChatRef | null {
  const room = textOf(row.cache_roomnames)?.split(',')[0];
  if (room !== undefined && room !== '') {
    return chatRef('group', room);
  }
  const sender = textOf(row.sender_id);
  if (sender === null) {
    return null;
  }
  return chatRef(GROUP_IDENTIFIER.test(sender) ? 'group' : 'direct', sender);
}

/** The own address that a row names first: `E:` and `P:` of an account are taken off, an empty rest is no address. */
export function firstAddress(...stored: readonly SqlValue[]): Handle | null {
  for (const value of stored) {
    const text = textOf(value);
    const address = text === null ? '' : canonicalHandle(text);
    if (address !== '') {
      return address;
    }
  }
  return null;
}
