/** Everything that leaves the machine: the schemas of `/v1`, of events and frames, and the mapping from domain to wire. */
export { chatSchema, type WireChat } from './chat.ts';
export { errorSchema, type ErrorType, type WireError } from './error.ts';
export { eventSchema, EVENT_TYPES, isEventType, type WireEvent } from './event.ts';
export { eventPageSchema } from './event-page.ts';
export { clientFrameSchema, serverFrameSchema, type ClientFrame, type ServerFrame } from './frames.ts';
export type { Gap } from './gap.ts';
export { healthSchema, type WireHealth } from './health.ts';
export {
  chatId,
  fileId,
  lineId,
  lineIdOrUnknown,
  messageId,
  reactionId,
  UNKNOWN_CHAT_ID,
  UNKNOWN_LINE_ID,
} from './ids.ts';
export { lineSchema, type WireLine } from './line.ts';
export { list } from './list.ts';
export { messageSchema, type WireMessage } from './message.ts';
export { outboxItemSchema, type WireOutboxItem } from './outbox-item.ts';
export { parseDestination, parseLineRef } from './references.ts';
export { reactionSchema, type WireReaction } from './reaction.ts';
export { clientMessageIdSchema, sendMessageBody } from './send-message.ts';
export { isScope, SCOPES, type Scope } from './scopes.ts';
export { MAX_TEXT_BYTES, textProblem } from './text-rules.ts';
export { toWireChat } from './to-wire-chat.ts';
export { envelope, toWireEvent } from './to-wire-event.ts';
export { toWireLine } from './to-wire-line.ts';
export { toWireMessage } from './to-wire-message.ts';
export { toWireOutboxItem } from './to-wire-outbox-item.ts';
export { API_VERSION } from './version.ts';
