import { chatId, lineIdOrUnknown, parseDestination, parseLineRef } from '../contract/mapping.ts';
import {
  canonicalHandle,
  chatKey,
  type ChatKey,
  type Handle,
  type Instant,
  type Message,
} from '../domain/index.ts';
import type { MessagesDb } from '../messages-db/index.ts';
import { BluelineError } from '../runtime/index.ts';

/** Which messages are wanted, in the words of who asks. */
export interface ExportFilter {
  /** From this moment on. */
  readonly since: Instant | null;
  /** Before this moment. */
  readonly until: Instant | null;
  /** `cht_…`, a chat guid of any macOS, a handle as a person writes it, or a `chat_identifier`. */
  readonly chat: string | null;
  /** `ln_…`, or the own address. */
  readonly line: string | null;
}

/** The same in the words of the database. */
export interface Criteria {
  readonly since: Instant | null;
  readonly until: Instant | null;
  /** Any of these; `null` where every chat is wanted. */
  readonly chats: ReadonlySet<ChatKey> | null;
  /** No message is unwanted. */
  readonly isEverything: boolean;
  includes(message: Message): boolean;
}

/** @throws BluelineError `export_chat_unknown`, `export_line_invalid` */
export function resolveFilter(filter: ExportFilter, db: Pick<MessagesDb, 'chatKeys'>): Criteria {
  const { since, until } = filter;
  const chats = filter.chat === null ? null : chatsNamed(filter.chat, db.chatKeys());
  const isOnLine = filter.line === null ? null : lineTest(filter.line);
  return {
    since,
    until,
    chats,
    isEverything: since === null && until === null && chats === null && isOnLine === null,
    includes: (message) =>
      (since === null || message.sentAt >= since) &&
      (until === null || message.sentAt < until) &&
      (chats === null || (message.chat !== null && chats.has(message.chat.key))) &&
      (isOnLine === null || isOnLine(message.line)),
  };
}

/** One name can stand for several chats only where two spellings of one address have chats of their own. */
function chatsNamed(name: string, keys: readonly ChatKey[]): ReadonlySet<ChatKey> {
  const identifierOf = (key: ChatKey) => key.slice(key.indexOf(':') + 1);
  const wanted = parseDestination(name);
  const found = new Set(
    keys.filter((key) => {
      switch (wanted?.to) {
        case undefined:
          return identifierOf(key) === name;
        case 'chat_id':
          return chatId(key) === wanted.id;
        case 'chat_key':
          return key === wanted.key;
        case 'handle':
          return key.startsWith('direct:') && canonicalHandle(identifierOf(key)) === wanted.handle;
        default:
          return wanted satisfies never;
      }
    }),
  );
  // A group has been seen named as if it were one-to-one; and messages may come from who has no chat.
  if (found.size === 0 && wanted?.to === 'chat_key') {
    const twin = keys.find((key) => identifierOf(key) === identifierOf(wanted.key));
    return new Set([twin ?? unknownChat()]);
  }
  if (wanted?.to === 'handle') {
    found.add(chatKey('direct', wanted.handle));
  }
  return found.size === 0 ? new Set([unknownChat()]) : found;
}

function unknownChat(): never {
  throw new BluelineError('export_chat_unknown', 'The database holds no such chat.', {
    advice: 'Name it by its cht_… id, its guid, or the number or e-mail address of the contact.',
  });
}

function lineTest(name: string): (line: Handle | null) => boolean {
  const wanted = parseLineRef(name);
  if (wanted === null) {
    throw new BluelineError('export_line_invalid', 'That is neither an ln_… id nor an address.');
  }
  const known = new Map<Handle | null, boolean>();
  return (line) => {
    let answer = known.get(line);
    if (answer === undefined) {
      answer = wanted.by === 'id' ? lineIdOrUnknown(line) === wanted.id : line === wanted.handle;
      known.set(line, answer);
    }
    return answer;
  };
}
