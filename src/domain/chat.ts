import { chatKey, type ChatKey, type Handle, type Instant } from './ids.ts';

/** `direct` is chat.style 45 (one-to-one), `group` is 43. */
export type ChatStyle = 'direct' | 'group';

/** What a message needs to know of the chat that it stands in. */
export interface ChatRef {
  readonly key: ChatKey;
  readonly style: ChatStyle;
  /** `chat.chat_identifier`: the contact's address, or `chat<digits>` / 32 hex digits for a group. */
  readonly identifier: string;
}

/** One chat; on macOS up to 15 it stands for every service's row of the same person. */
export interface Chat extends ChatRef {
  /** The guid of its most recently used row: what AppleScript's `chat id` takes. */
  readonly guid: string;
  /** Last service used; a hint only, each message carries its own. */
  readonly service: string;
  readonly displayName: string | null;
  /** The others; the owner is never listed. */
  readonly participants: readonly Handle[];
  readonly lastMessageAt: Instant | null;
  /** Own address that the chat was last addressed from. */
  readonly line: Handle | null;
}

export function chatRef(style: ChatStyle, identifier: string): ChatRef {
  return { key: chatKey(style, identifier), style, identifier };
}

const CHAT_GUID = /^(?:iMessage|SMS|RCS|any);([-+]);(.+)$/u;

/** A chat guid of any macOS (`iMessage;-;+1…`, `any;+;chat…`) as the chat that it names, or `null` if it is no chat guid. */
export function parseChatGuid(guid: string): ChatRef | null {
  const match = CHAT_GUID.exec(guid);
  if (match === null || match[2] === undefined) {
    return null;
  }
  return chatRef(match[1] === '+' ? 'group' : 'direct', match[2]);
}
