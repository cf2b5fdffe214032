import { parseChatGuid, parseHandle, type ChatKey, type Handle } from '../domain/index.ts';
import { parseAddress } from './address.ts';

/** Where a request wants a text to go, before it is known whether such a chat exists. */
export type Destination =
  | { readonly to: 'handle'; readonly handle: Handle }
  | { readonly to: 'chat_key'; readonly key: ChatKey }
  | { readonly to: 'chat_id'; readonly id: string };

const CHAT_ID = /^cht_[0-9a-f]{24}$/u;
const MESSAGE_ID = /^msg_[0-9a-f]{24}$/u;
const FILE_ID = /^file_[0-9a-f]{24}$/u;
const UPLOAD_ID = /^file_[0-9A-HJKMNP-TV-Z]{26}$/u;
const LINE_ID = /^ln_(?:[0-9a-f]{24}|unknown)$/u;

/** `to` of a request: `cht_…`, a chat guid of any macOS, or a handle as a person writes it; `null` if it is none. */
export function parseDestination(text: string): Destination | null {
  if (CHAT_ID.test(text)) {
    return { to: 'chat_id', id: text };
  }
  const chat = parseChatGuid(text);
  if (chat !== null) {
    return { to: 'chat_key', key: chat.key };
  }
  const handle = parseAddress(text);
  return handle === null ? null : { to: 'handle', handle };
}

/** A line by its `ln_…` or by its address; `null` if the text is neither. */
export function parseLineRef(
  text: string,
): { readonly by: 'id'; readonly id: string } | { readonly by: 'handle'; readonly handle: Handle } | null {
  if (LINE_ID.test(text)) {
    return { by: 'id', id: text };
  }
  const handle = parseHandle(text);
  return handle === null ? null : { by: 'handle', handle };
}

/** Whether a text is the id of a message; the guids of chat.db never look like one. */
export function isMessageId(text: string): boolean {
  return MESSAGE_ID.test(text);
}

/** Whether a text is the id of an attachment that came with a message. */
export function isFileId(text: string): boolean {
  return FILE_ID.test(text);
}

/** Whether a text is the id of an upload; the ids of attachments never look like one. */
export function isUploadId(text: string): boolean {
  return UPLOAD_ID.test(text);
}
