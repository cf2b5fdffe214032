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
export type { Action, Capabilities, CapabilityName } from './action.ts';
export { describeAppleError, NOT_REACHABLE } from './apple-errors.ts';
export { isAwaited, isFinal, mayBeDeliveredTwice, partState, settled } from './command.ts';
export type {
  Attempt,
  Command,
  CommandPart,
  CommandState,
  Failure,
  FailureCode,
  Hold,
  LimitHit,
  OptIn,
  PartContent,
  Proof,
  Refusal,
  Service,
  ServiceChoice,
  Target,
  UnknownCause,
} from './command.ts';
export type { ProofRow } from './command-row.ts';
export { step } from './command-step.ts';
export type { AttemptPlace, CommandInput } from './command-step.ts';
export type { BridgeEvent, EventType, Origin, Reaction } from './event.ts';
export { canonicalHandle, parseHandle } from './handle.ts';
export { chatKey, commandId, handle, instant, messageGuid, rowId, sequence } from './ids.ts';
export type { ChatKey, CommandId, Handle, Instant, MessageGuid, RowId, Sequence } from './ids.ts';
export type { LineState, Reputation } from './line.ts';
export type { Attachment, BodyStatus, Delivery, Message, MessageKind, ReactionType } from './message.ts';
