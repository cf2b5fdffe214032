/** The words of the bridge and its pure rules: ids, chats, messages, events, the life of a command. Imports nothing. */
export type { AppContent, AppName, Poll, PollOption } from './app-content.ts';
export type {
  Detected,
  Part,
  PartHistory,
  Revision,
  TextEffect,
  TextRun,
  TextStyle,
  Translation,
} from './body.ts';
export { chatRef, parseChatGuid } from './chat.ts';
export type { Chat, ChatRef } from './chat.ts';
export { describeAppleError, isFinal, step } from './command.ts';
export type { Command, CommandInput, CommandState, Failure, Target, UnknownCause } from './command.ts';
export type { BridgeEvent, EventType, Origin, Reaction } from './event.ts';
export { canonicalHandle, parseHandle } from './handle.ts';
export { chatKey, commandId, handle, instant, messageGuid, rowId, sequence } from './ids.ts';
export type { ChatKey, CommandId, Handle, Instant, MessageGuid, RowId, Sequence } from './ids.ts';
export type { LineState, Reputation } from './line.ts';
export type { Attachment, BodyStatus, Delivery, Message, MessageKind, ReactionType } from './message.ts';
