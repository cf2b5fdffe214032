/** Everything that leaves the machine: the schemas of `/v1`, of events and frames, and the mapping from domain to wire. */
export { editMessageBody, sendReactionBody, sendReceiptBody, sendTypingBody } from './actions.ts';
export { chatSchema, type WireChat } from './chat.ts';
export { diagnosisSchema, type WireDiagnosis } from './diagnosis.ts';
export { errorSchema, type ErrorType, type WireError } from './error.ts';
export { erasureSchema, forgetBody, type WireErasure } from './erasure.ts';
export { ERASED, eventSchema, EVENT_TYPES, isEventType } from './event.ts';
export { eventPageSchema } from './event-page.ts';
export {
  COMMAND_NAMES,
  commandResultSchema,
  lineOrderBody,
  outboxCancelBody,
  type CommandFrame,
  type CommandName,
  type CommandResult,
} from './command-frame.ts';
export { clientFrameSchema, type ServerFrame } from './frames.ts';
export { fileSchema, type WireFile } from './file.ts';
export { gapSchema, type Gap } from './gap.ts';
export { captureSchema, type WireCapture } from './capture.ts';
export { healthSchema, type WireHealth } from './health.ts';
export { chatId, fileId, lineId, lineIdOrUnknown, messageId, readReceiptId } from './ids.ts';
export { lineSchema, type WireLine } from './line.ts';
export {
  contactSettingsBody,
  contactStandingSchema,
  toWireContactStanding,
} from './limits/contact-standing.ts';
export { hourReportSchema, toWireHourReport } from './limits/hour-report.ts';
export { toWireLimitHit } from './limits/limit-hit.ts';
export {
  limitsSchema,
  lowerLimitsBody,
  toWireLimits,
  type LoweredRules,
  type WireLimits,
} from './limits/lowering.ts';
export { toWireUsage, usageSchema, type WireUsage } from './limits/usage.ts';
export { checkSchema, toWireCheck } from './limits/verdict.ts';
export { lineLinkSchema, linkBody } from './line-link.ts';
export {
  CLOSE_CODES,
  healthFrameSchema,
  linkBridgeFrameSchema,
  linkControllerFrameSchema,
  registerFrameSchema,
  type LinkBridgeFrame,
  type LinkControllerFrame,
  type RegisterFrame,
} from './link-frames.ts';
export { list } from './list.ts';
export { logSettingsBody, logSettingsSchema } from './log-settings.ts';
export { messageSchema, type WireMessage } from './message.ts';
export { outboxItemSchema, type WireOutboxItem } from './outbox-item.ts';
export { readReceiptSchema } from './read-receipt.ts';
export { reactionSchema } from './reaction.ts';
export { isFileId, isMessageId, isUploadId, parseDestination, parseLineRef } from './references.ts';
export { sandboxSchema } from './sandbox.ts';
export { sendContactCardBody, type WireContactCard } from './contact-card.ts';
export { sendAudioBody, sendVoiceNoteBody } from './send-audio.ts';
export { clientMessageIdSchema, fromField, sendMessageBody, toField } from './send-message.ts';
export { isScope, SCOPES, type Scope } from './scopes.ts';
export { toWireChat } from './to-wire-chat.ts';
export { envelope, toWireEvent } from './to-wire-event.ts';
export { toWireLine } from './to-wire-line.ts';
export { toWireMessage } from './to-wire-message.ts';
export { toWireOutboxItem } from './to-wire-outbox-item.ts';
export { toWireReactionOfRow } from './to-wire-reaction.ts';
export { toWireAttempt, toWireDelivery, toWireWebhook } from './to-wire-webhook.ts';
export { API_VERSION } from './version.ts';
export {
  ATTEMPT_ERRORS,
  createWebhookBody,
  enableWebhookBody,
  parseEventNames,
  replayWebhookBody,
  rotateWebhookBody,
  updateWebhookBody,
  webhookDeliverySchema,
  webhookFromField,
  webhookReplaySchema,
  webhookSchema,
  webhookTestSchema,
  WEBHOOK_PROFILES,
  type WireWebhook,
  type WireWebhookDelivery,
} from './webhook.ts';
