import type { Chat } from '../domain/index.ts';
import type { WireChat } from './chat.ts';
import { chatId, lineIdOrUnknown } from './ids.ts';

export function toWireChat(chat: Chat): WireChat {
  return {
    id: chatId(chat.key),
    line_id: lineIdOrUnknown(chat.line),
    identifier: chat.identifier,
    guid: chat.guid,
    service: chat.service,
    name: chat.displayName ?? undefined,
    last_message_at: chat.lastMessageAt ?? undefined,
    is_group: chat.style === 'group',
    participants: [...chat.participants],
  };
}
