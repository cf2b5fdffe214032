import { parseDestination } from '../contract/index.ts';
import { chatKey, type Chat, type ChatKey, type Target } from '../domain/index.ts';
import { HttpError } from './errors.ts';
import type { MessagesPort } from './ports.ts';

/**
 * Where a text goes. A handle needs no chat; a chat must be there.
 * @throws HttpError `chat_not_found`, `invalid_parameter_value`.
 */
export function toTarget(to: string, messages: MessagesPort): Target {
  const destination = readDestination(to);
  return destination.to === 'handle'
    ? { to: 'handle', handle: destination.handle }
    : { to: 'chat', chat: existingChat(destination, messages) };
}

/** The chat whose messages are asked for. For a handle it need not exist: then it has none. */
export function toChatFilter(to: string, messages: MessagesPort): ChatKey {
  const destination = readDestination(to);
  return destination.to === 'handle'
    ? chatKey('direct', destination.handle)
    : existingChat(destination, messages);
}

/** The chat that an id, a guid or an address names; `null` if there is none. */
export function findChat(reference: string, messages: MessagesPort): Chat | null {
  const destination = parseDestination(reference);
  if (destination === null) {
    return null;
  }
  const key =
    destination.to === 'handle' ? chatKey('direct', destination.handle) : keyOf(destination, messages);
  return key === null ? null : messages.chat(key);
}

function readDestination(to: string) {
  const destination = parseDestination(to);
  if (destination === null) {
    throw new HttpError('invalid_parameter_value', { param: 'to' });
  }
  return destination;
}

type ChatDestination = Exclude<ReturnType<typeof readDestination>, { readonly to: 'handle' }>;

function existingChat(destination: ChatDestination, messages: MessagesPort): ChatKey {
  const key = keyOf(destination, messages);
  if (key === null || messages.chat(key) === null) {
    throw new HttpError('chat_not_found', { param: 'to' });
  }
  return key;
}

function keyOf(destination: ChatDestination, messages: MessagesPort): ChatKey | null {
  return destination.to === 'chat_id' ? messages.chatKeyById(destination.id) : destination.key;
}
