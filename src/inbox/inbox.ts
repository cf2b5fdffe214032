import {
  chatKey,
  type Chat,
  type ChatKey,
  type Handle,
  type Instant,
  type Message,
  type MessageGuid,
  type Origin,
  type RowId,
  type Target,
} from '../domain/index.ts';
import type { ChatCursor, MessageCursor, MessagesSource } from '../messages-db/index.ts';
import { createChatIds } from './chat-ids.ts';
import { createLines, type Lines } from './lines.ts';

/** A reply is what goes to a contact who has written within so long. */
const WINDOW_MS = 24 * 3_600_000;
/** How many of a chat's newest messages are looked through for the contact's last one. */
const WINDOW_ROWS = 50;

export interface ListedMessage {
  readonly message: Message;
  readonly cursor: MessageCursor;
  readonly origin: Origin | null;
  readonly syncedAt: Instant | null;
}

/** What clients may read of Messages. Every call throws a BluelineError `messages_db_…` while chat.db cannot be read. */
export interface Inbox {
  readonly lines: Lines;
  chat(key: ChatKey): Chat | null;
  chatKeyById(id: string): ChatKey | null;
  /** Newest activity first. */
  chats(page: { readonly before: ChatCursor | null; readonly limit: number; readonly line: Handle | null }): {
    readonly items: readonly { readonly chat: Chat; readonly cursor: ChatCursor }[];
  };
  /** Newest first. */
  messages(page: {
    readonly chat: ChatKey | null;
    readonly line: Handle | null;
    readonly before: MessageCursor | null;
    readonly limit: number;
  }): { readonly items: readonly ListedMessage[] };
  /** The contact has written within the last 24 hours. */
  isReply(key: ChatKey, now: Instant): boolean;
}

export function createInbox(options: {
  readonly source: MessagesSource;
  /** The line that is known to send, by configuration or by what has been sent; `null` while none is. */
  readonly sendableLine: () => Handle | null;
  /** Whose doing a row of our side was. */
  readonly originOf: (rowId: RowId, guid: MessageGuid) => Origin;
  /** When the row was journalled; `null` if it never was. */
  readonly syncedAt: (rowId: RowId, guid: MessageGuid) => Instant | null;
}): Inbox {
  const { source, originOf, syncedAt } = options;
  return {
    lines: createLines(source, options.sendableLine),
    chat: (key) => source.use((db) => db.chat(key)),
    chatKeyById: createChatIds(source),
    chats: (page) => source.use((db) => db.chats(page)),
    messages: (page) => ({
      items: source
        .use((db) => db.messages(page))
        .items.map(({ message, cursor }) => ({
          message,
          cursor,
          origin: message.isFromMe ? originOf(message.rowId, message.guid) : null,
          syncedAt: syncedAt(message.rowId, message.guid),
        })),
    }),
    isReply: (key, now) =>
      source
        .use((db) => db.messages({ chat: key, line: null, before: null, limit: WINDOW_ROWS }))
        .items.some(
          ({ message }) =>
            !message.isFromMe && message.kind.kind !== 'reaction' && now - message.sentAt < WINDOW_MS,
        ),
  };
}

/** How AppleScript addresses a target now: the chat that chat.db has for it, else the contact on iMessage; `null` if a named chat is gone. */
export function addressOf(
  source: MessagesSource,
  target: Target,
):
  | { readonly form: 'chat'; readonly guid: string }
  | { readonly form: 'participant'; readonly handle: Handle; readonly service: string }
  | null {
  const key = target.to === 'chat' ? target.chat : chatKey('direct', target.handle);
  const chat = source.use((db) => db.chat(key));
  if (chat !== null) {
    return { form: 'chat', guid: chat.guid };
  }
  return target.to === 'chat' ? null : { form: 'participant', handle: target.handle, service: 'iMessage' };
}
