import {
  chatRef,
  commandId,
  handle,
  instant,
  messageGuid,
  rowId,
  type Command,
  type Delivery,
  type Message,
} from '../../src/domain/index.ts';

export const KIM = '+15550001111';

export const UNSENT: Delivery = {
  isSent: false,
  isDelivered: false,
  isRead: false,
  deliveredAt: null,
  readAt: null,
  error: 0,
  wasDowngraded: false,
};

/** A row of our side to Kim, just written, with the fields that a test cares for. */
export function aMessage(fields: Partial<Message> = {}): Message {
  return {
    rowId: rowId(11),
    guid: messageGuid('G'),
    chat: chatRef('direct', KIM),
    chatResolved: 'join',
    line: handle('+15559990000'),
    isFromMe: true,
    sender: null,
    service: 'iMessage',
    kind: { kind: 'text' },
    text: 'hello',
    bodyStatus: 'decoded',
    subject: null,
    attachments: [],
    isAudioMessage: false,
    sentAt: instant(0),
    delivery: UNSENT,
    editedAt: null,
    revisions: 0,
    unsentParts: [],
    isUnsent: false,
    replyTo: null,
    isRecentlyDeleted: false,
    ...fields,
  };
}

/** The same from Kim. */
export function anInbound(fields: Partial<Message> = {}): Message {
  return aMessage({ isFromMe: false, sender: handle(KIM), ...fields });
}

/** A command to Kim whose script has been started. */
export function aCommand(id: string, fields: Partial<Command> = {}): Command {
  return {
    id: commandId(id),
    target: { to: 'handle', handle: handle(KIM) },
    text: 'hello',
    line: null,
    state: { name: 'sending', since: instant(0), watermark: rowId(10) },
    createdAt: instant(0),
    updatedAt: instant(0),
    expiresAt: instant(1),
    proof: null,
    suspectedDuplicateOf: null,
    ...fields,
  };
}
