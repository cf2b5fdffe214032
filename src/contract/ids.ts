import { hash } from 'node:crypto';
import type { ChatKey, Handle, MessageGuid } from '../domain/index.ts';

/** The line of a row that names no own address. */
export const UNKNOWN_LINE_ID = 'ln_unknown';

/** The chat of a row whose chat nothing tells. */
export const UNKNOWN_CHAT_ID = 'cht_unknown';

/** 96 bits: two of a billion rows share an id with a chance of about 10⁻¹¹. */
const ID_HEX_DIGITS = 24;

/** Hashes of what the thing is, so that every reader of the same chat.db, at any time, gives it the same id. */
function hashedId(prefix: string, kind: string, value: string): string {
  return `${prefix}_${hash('sha256', `blueline/${kind}\0${value}`, 'hex').slice(0, ID_HEX_DIGITS)}`;
}

/** `ln_…` of an own address. */
export function lineId(handle: Handle): string {
  return hashedId('ln', 'line', handle);
}

/** `ln_…` of an own address, or `ln_unknown` where there is none. */
export function lineIdOrUnknown(handle: Handle | null): string {
  return handle === null ? UNKNOWN_LINE_ID : lineId(handle);
}

/** `cht_…` of a chat. */
export function chatId(key: ChatKey): string {
  return hashedId('cht', 'chat', key);
}

/** `msg_…` of a message. */
export function messageId(guid: MessageGuid): string {
  return hashedId('msg', 'message', guid);
}

/** `file_…` of an attachment that came with a message. */
export function fileId(attachmentGuid: string): string {
  return hashedId('file', 'attachment', attachmentGuid);
}

/** `rct_…` of a tapback, by the guid of its own row. */
export function reactionId(guid: MessageGuid): string {
  return hashedId('rct', 'reaction', guid);
}

/** `rcp_…` of how far a contact has read in a chat. */
export function readReceiptId(chat: ChatKey): string {
  return hashedId('rcp', 'receipt', chat);
}
