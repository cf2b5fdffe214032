import type { z } from 'zod';
import { chatSchema, lineSchema, list, type WireChat, type WireMessage } from '../contract/index.ts';
import type { ApiClient } from './api-client.ts';
import { CliError } from './failure.ts';

/** After these there is no point in asking for anything else. */
const ENDS_IT: ReadonlySet<string> = new Set(['interrupted', 'daemon_unreachable']);

/** The longest page that the daemon gives. */
const PAGE = 200;

/** Names for the ids that messages and events carry. What it has not met, it calls by its id. */
export interface AddressBook {
  chat(id: string): string;
  line(id: string): string;
  isGroup(id: string): boolean;
  learnChat(chat: WireChat): void;
  rename(id: string, name: string | undefined): void;
  /** A chat that is known by its one contact alone. */
  learnContact(id: string, handle: string): void;
  learnLine(message: Pick<WireMessage, 'line_id' | 'line_handle'>): void;
}

export function createAddressBook(): AddressBook {
  const chats = new Map<string, { readonly name: string; readonly isGroup: boolean }>();
  const lines = new Map<string, string>();
  return {
    chat: (id) => chats.get(id)?.name ?? id,
    line: (id) => lines.get(id) ?? id,
    isGroup: (id) => chats.get(id)?.isGroup === true,
    learnChat: (chat) => void chats.set(chat.id, { name: nameOf(chat), isGroup: chat.is_group }),
    rename: (id, name) => {
      if (name !== undefined && name !== '') {
        chats.set(id, { name, isGroup: true });
      }
    },
    learnContact: (id, handle) => {
      if (!chats.has(id)) {
        chats.set(id, { name: handle, isGroup: false });
      }
    },
    learnLine: ({ line_id: id, line_handle: handle }) => void lines.set(id, handle),
  };
}

/** What people call a chat: its title, else its contact, else who is in it. */
export function nameOf(chat: WireChat): string {
  const title = chat.name ?? '';
  if (title !== '') {
    return title;
  }
  return chat.is_group && chat.participants.length > 0 ? chat.participants.join(', ') : chat.identifier;
}

/** Fills the book with the chats of late and the lines. A key that may not read them makes it no failure. */
export async function fillAddressBook(book: AddressBook, api: ApiClient): Promise<void> {
  const read = async <T extends z.ZodType>(path: string, answer: T, query: { limit?: number }) => {
    try {
      return (await api.get({ path, answer, query })).data;
    } catch (error) {
      if (error instanceof CliError && !ENDS_IT.has(error.code)) {
        return null;
      }
      throw error;
    }
  };
  const chats = await read('/v1/chats', list(chatSchema), { limit: PAGE });
  chats?.data.forEach((chat) => book.learnChat(chat));
  const lines = await read('/v1/lines', list(lineSchema), {});
  lines?.data.forEach((line) => book.learnLine({ line_id: line.id, line_handle: line.handle }));
}
