import { canonicalHandle, chatRef, parseChatGuid, type ChatRef, type Handle } from '../domain/index.ts';
import { AT, type MessageRow } from './message-columns.ts';
import type { ChatEntry, RowReferences } from './row-references.ts';
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
  readonly isJoined: boolean;
  readonly isRecentlyDeleted: boolean;
  /** The row of `chat`, where there is one. */
  readonly entry: ChatEntry | null;
}

/**
 * The chat of a message: by its join, else by the join that a deletion moved to the other table, else by the group
 * that Messages noted in the row, else by the address it came from.
 */
export function chatOfMessage(row: MessageRow, references: RowReferences): ChatOfMessage {
  const joined = integerOf(row[AT.CHAT]);
  const entry = joined === 0 ? null : references.chat(Math.abs(joined));
  if (entry !== null) {
    return { chat: entry.ref, isJoined: true, isRecentlyDeleted: joined < 0, entry };
  }
  return { chat: derivedChat(row, references), isJoined: false, isRecentlyDeleted: joined < 0, entry: null };
}

function derivedChat(row: MessageRow, references: RowReferences): ChatRef | null {
  const room = textOf(row[AT.cache_roomnames])?.split(',')[0];
  if (room !== undefined && room !== '') {
    return chatRef('group', room);
  }
  const sender = references.handle(row[AT.handle_id]);
  if (sender === null) {
    return null;
  }
  return chatRef(GROUP_IDENTIFIER.test(sender.stored) ? 'group' : 'direct', sender.stored);
}

/** Senders of text messages are stored with the mark of the filter that sorted them. */
const FILTER_MARK = /\(smsf[a-z_]*\)$/u;

/** An address as people write it: the filter's mark of a text message's sender is not part of it. */
export function addressOf(stored: string): Handle {
  return canonicalHandle(stored.endsWith(')') ? stored.replace(FILTER_MARK, '') : stored);
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
