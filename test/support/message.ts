import {
  chatRef,
  commandId,
  handle,
  instant,
  messageGuid,
  rowId,
  settled,
  type Attachment,
  type Attempt,
  type Command,
  type Delivery,
  type Message,
  type PartContent,
  type Proof,
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
  wasDeliveredQuietly: false,
  didNotifyRecipient: false,
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
    parts: [{ type: 'text', index: 0, text: 'hello', runs: [] }],
    attachments: [],
    audio: null,
    sentAt: instant(0),
    delivery: UNSENT,
    editedAt: null,
    revisions: 0,
    history: [],
    unsentParts: [],
    isUnsent: false,
    replyTo: null,
    effect: null,
    translations: [],
    schedule: null,
    filtering: { isSpam: false, chat: 'known', action: 'none' },
    isRecentlyDeleted: false,
    deletedAt: null,
    replayOf: null,
    ...fields,
  };
}

/** The same from Kim. */
export function anInbound(fields: Partial<Message> = {}): Message {
  return aMessage({ isFromMe: false, sender: handle(KIM), ...fields });
}

/** A picture that came with a message and is on the disk. */
export function anAttachment(fields: Partial<Attachment> = {}): Attachment {
  return {
    guid: 'at_0',
    filename: 'a.png',
    mimeType: 'image/png',
    uti: 'public.png',
    size: 1,
    transferState: 5,
    isReady: true,
    isSticker: false,
    stickerKind: null,
    description: null,
    isOutgoing: false,
    width: null,
    height: null,
    createdAt: null,
    ...fields,
  };
}

/** A script that was started for a part, and of which no row has come. */
export function anAttempt(fields: Partial<Attempt> = {}): Attempt {
  return {
    startedAt: instant(0),
    watermark: rowId(10),
    isKnown: false,
    service: 'iMessage',
    state: { name: 'sending' },
    proof: null,
    elsewhere: null,
    resolvedAs: null,
    ...fields,
  };
}

/** The row that proves an attempt. */
export function aProof(guid: string, id = 11): Proof {
  return { guid: messageGuid(guid), rowId: rowId(id), service: 'iMessage', isDowngraded: false };
}

/** A file as a part holds it. */
export function aFile(name: string): PartContent {
  return { kind: 'file', fileId: `file_${name}`, path: `/staged/${name}`, name, size: 1 };
}

/** A command to Kim with one text, whose script has been started. */
export function aCommand(
  id: string,
  fields: Partial<Omit<Command, 'state'>> & {
    readonly text?: string;
    readonly attempts?: readonly Attempt[];
  } = {},
): Command {
  const { text = 'hello', attempts = [anAttempt()], ...rest } = fields;
  return settled({
    id: commandId(id),
    target: { to: 'handle', handle: handle(KIM) },
    line: null,
    service: 'auto',
    fallback: null,
    parts: [{ content: { kind: 'text', text }, attempts, fallbackAt: null }],
    hold: { name: 'queued' },
    acceptedWith: { name: 'queued' },
    isReply: false,
    createdAt: instant(0),
    updatedAt: instant(0),
    notBefore: null,
    expiresAt: instant(1),
    metadata: null,
    optIn: null,
    onLimit: 'reject',
    warnings: [],
    suspectedDuplicateOf: null,
    ...rest,
  });
}
