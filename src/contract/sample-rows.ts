import {
  chatRef,
  commandId,
  handle,
  instant,
  messageGuid,
  rowId,
  type Command,
  type Message,
} from '../domain/index.ts';

/** An inbound text as chat.db might hold it; tests vary it. */
export const inboundText: Message = {
  rowId: rowId(7),
  guid: messageGuid('0A1B2C3D-0000-4000-8000-000000000007'),
  chat: chatRef('direct', '+15550001111'),
  chatResolved: 'join',
  line: handle('+15559990000'),
  isFromMe: false,
  sender: handle('+15550001111'),
  service: 'iMessage',
  kind: { kind: 'text' },
  text: 'Is the table free at eight?',
  bodyStatus: 'decoded',
  subject: null,
  attachments: [],
  isAudioMessage: false,
  sentAt: instant(1_700_000_000_000),
  delivery: {
    isSent: false,
    isDelivered: false,
    isRead: false,
    deliveredAt: null,
    readAt: null,
    error: 0,
    wasDowngraded: false,
  },
  editedAt: null,
  revisions: 0,
  unsentParts: [],
  isUnsent: false,
  replyTo: null,
  isRecentlyDeleted: false,
};

/** A command that waits for its turn; tests vary it. */
export const queuedCommand: Command = {
  id: commandId('obx_01KAHV6MZ8T5N2Q4X7C9D1E3FG'),
  target: { to: 'handle', handle: handle('+15550001111') },
  text: 'Yes, see you at eight.',
  line: handle('+15559990000'),
  state: { name: 'queued' },
  createdAt: instant(1_700_000_001_000),
  updatedAt: instant(1_700_000_001_000),
  expiresAt: instant(1_700_003_601_000),
  proof: null,
  suspectedDuplicateOf: null,
};
