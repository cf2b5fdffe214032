import { chatId } from '../contract/index.ts';
import type { ChatKey } from '../domain/index.ts';
import type { MessagesSource } from '../messages-db/index.ts';

/**
 * Finds the chat that a `cht_…` id stands for. The id is a hash, so the chats' keys are hashed once and kept; an
 * unknown id looks again only if the database has changed since.
 */
export function createChatIds(source: MessagesSource): (id: string) => ChatKey | null {
  let keys = new Map<string, ChatKey>();
  let version: string | null = null;
  return (id) => {
    const known = keys.get(id);
    if (known !== undefined) {
      return known;
    }
    source.use((db) => {
      const now = `${db.fileId} ${db.maxChatRowId()}`;
      if (now !== version) {
        version = now;
        keys = new Map(db.chatKeys().map((key) => [chatId(key), key]));
      }
    });
    return keys.get(id) ?? null;
  };
}
