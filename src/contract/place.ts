import type { ChatRef, Handle, MessageGuid } from '../domain/index.ts';
import { chatId, lineIdOrUnknown, messageId, UNKNOWN_CHAT_ID } from './ids.ts';

/** Which message, chat and line something is about. */
export function place(guid: MessageGuid, chat: ChatRef | null, line: Handle | null) {
  return {
    message_id: messageId(guid),
    message_guid: guid,
    chat_id: chat === null ? UNKNOWN_CHAT_ID : chatId(chat.key),
    line_id: lineIdOrUnknown(line),
  };
}
