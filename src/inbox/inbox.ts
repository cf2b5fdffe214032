import { isMessageId } from '../contract/index.ts';
import {
  messageGuid,
  type Chat,
  type ChatKey,
  type Handle,
  type Instant,
  type Message,
  type MessageGuid,
  type Origin,
  type RowId,
} from '../domain/index.ts';
import type { ChatCursor, MessageCursor, MessagesSource } from '../messages-db/index.ts';
import type { Logger } from '../runtime/index.ts';
import type { Store } from '../store/index.ts';
import { createChatIds } from './chat-ids.ts';
import { createFiles, type InboxFile } from './files.ts';
import { createKnownIds } from './known-ids.ts';
import { createLines, type Lines } from './lines.ts';
import { searchMessages, type MessageQuery } from './message-search.ts';

/** A reply is what goes to a contact who has written within so long. */
const WINDOW_MS = 24 * 3_600_000;
/** How many of a chat's newest messages are looked through for the contact's last one. */
const WINDOW_ROWS = 50;

/** A message and what we know beside its row. */
export interface KnownMessage {
  readonly message: Message;
  /** Of rows of our side. */
  readonly origin: Origin | null;
  /** `null` if it was never journalled. */
  readonly syncedAt: Instant | null;
}

export interface ListedMessage extends KnownMessage {
  readonly cursor: MessageCursor;
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
  /** Newest first, tapbacks left out. `stoppedAt` is set where a page was left short: go on from there. */
  messages(query: MessageQuery): Promise<{
    readonly items: readonly ListedMessage[];
    readonly stoppedAt: MessageCursor | null;
  }>;
  /** By its `msg_…` id or its guid. */
  message(reference: string): Promise<KnownMessage | null>;
  /** The rows of tapbacks on a message, newest first. */
  reactions(target: MessageGuid): readonly KnownMessage[];
  /** By its `file_…` id. */
  file(id: string): Promise<InboxFile | null>;
  /** The contact has written within the last 24 hours. */
  isReply(key: ChatKey, now: Instant): boolean;
  /** Before this message of a contact, the contact wrote and got an answer; looked for among the chat's newest. */
  hadExchange(message: Message): boolean;
}

/** What a contact writes; the rest of the rows only tells of something. */
const SAYINGS: ReadonlySet<Message['kind']['kind']> = new Set(['text', 'sticker', 'app', 'poll', 'unknown']);

export function createInbox(options: {
  readonly source: MessagesSource;
  /** Where chat.db lies: attachments are served from its folder. */
  readonly databasePath: string;
  readonly store: Store;
  readonly log: Logger;
  /** The line that is known to send, by configuration or by what has been sent; `null` while none is. */
  readonly sendableLine: () => Handle | null;
  /** Whose doing a row of our side was. */
  readonly originOf: (guid: MessageGuid) => Origin;
  /** When the row was journalled; `null` if it never was. */
  readonly syncedAt: (rowId: RowId, guid: MessageGuid) => Instant | null;
}): Inbox {
  const { source, originOf, syncedAt } = options;
  const ids = createKnownIds(options);
  const files = createFiles({ ...options, ids });
  const known = (message: Message): KnownMessage => ({
    message,
    origin: message.isFromMe ? originOf(message.guid) : null,
    syncedAt: syncedAt(message.rowId, message.guid),
  });
  return {
    lines: createLines(source, options.sendableLine),
    chat: (key) => source.use((db) => db.chat(key)),
    chatKeyById: createChatIds(source),
    chats: (page) => source.use((db) => db.chats(page)),
    messages: async (query) => {
      const { items, stoppedAt } = await searchMessages(source, query);
      return { items: items.map(({ message, cursor }) => ({ ...known(message), cursor })), stoppedAt };
    },
    message: async (reference) => {
      const guid = isMessageId(reference) ? await ids.find('message', reference) : reference;
      const message = guid === null ? null : source.use((db) => db.messageByGuid(messageGuid(guid)));
      return message === null ? null : known(message);
    },
    reactions: (target) =>
      source
        .use((db) => db.reactionsTo(target))
        .toReversed()
        .map(known),
    file: (id) => files.file(id),
    isReply: (key, now) =>
      source
        .use((db) => db.messages({ chat: key, line: null, before: null, limit: WINDOW_ROWS }))
        .items.some(
          ({ message }) =>
            !message.isFromMe &&
            message.replayOf === null &&
            SAYINGS.has(message.kind.kind) &&
            now - message.sentAt < WINDOW_MS,
        ),
    hadExchange: ({ chat, rowId }) => {
      const newest = source
        .use((db) => db.messages({ chat: chat?.key ?? null, line: null, before: null, limit: WINDOW_ROWS }))
        .items.map(({ message }) => message)
        .filter((message) => message.rowId < rowId && SAYINGS.has(message.kind.kind));
      const answer = newest.findIndex(({ isFromMe, delivery }) => isFromMe && delivery.error === 0);
      return answer !== -1 && newest.slice(answer + 1).some(({ isFromMe }) => !isFromMe);
    },
  };
}
