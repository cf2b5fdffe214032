import type { ChatKey, MessageGuid } from './ids.ts';
import type { ReactionType } from './message.ts';

/**
 * What a line may be able to do. `text`, `file`, `group_send`, `voice_memo` and the services are about sending, the
 * others are acts on messages and chats.
 */
export type CapabilityName =
  | 'text'
  | 'file'
  | 'group_send'
  | 'sms'
  | 'rcs'
  | 'voice_memo'
  | 'contact_card'
  | 'tapback'
  | 'reply'
  | 'edit'
  | 'unsend'
  | 'typing'
  | 'read_receipt'
  | 'effects'
  | 'formatting'
  | 'alias_select'
  | 'group_create';

/**
 * By what it is done: Messages' own scripting, its user interface, its private interfaces, a plain file in place of the
 * real thing, or not at all. `unknown` while Messages cannot be asked.
 */
export type CapabilityLevel = 'native' | 'ui' | 'private' | 'file' | 'none' | 'unknown';

export type Capabilities = Readonly<Record<CapabilityName, CapabilityLevel>>;

/** An act on a message or a chat, as a helper would be asked for it. Stock macOS can do none of them. */
export type Action =
  | {
      readonly type: 'react';
      readonly message: MessageGuid;
      readonly reaction: Exclude<ReactionType, 'emoji' | 'sticker'> | { readonly emoji: string };
      readonly remove: boolean;
    }
  | { readonly type: 'edit'; readonly message: MessageGuid; readonly text: string }
  | { readonly type: 'unsend'; readonly message: MessageGuid }
  | { readonly type: 'typing'; readonly chat: ChatKey; readonly isOn: boolean }
  | { readonly type: 'mark_read'; readonly chat: ChatKey };
