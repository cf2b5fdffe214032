import { aCommand, anInbound } from '../../test/support/message.ts';
import { handle, instant, messageGuid, rowId, type Command, type Message } from '../domain/index.ts';

/** An inbound text as chat.db might hold it; tests vary it. */
export const inboundText: Message = anInbound({
  rowId: rowId(7),
  guid: messageGuid('0A1B2C3D-0000-4000-8000-000000000007'),
  text: 'Is the table free at eight?',
  parts: [{ type: 'text', index: 0, text: 'Is the table free at eight?', runs: [] }],
  sentAt: instant(1_700_000_000_000),
});

/** A command that waits for its turn; tests vary it. */
export const queuedCommand: Command = aCommand('obx_01KAHV6MZ8T5N2Q4X7C9D1E3FG', {
  text: 'Yes, see you at eight.',
  line: handle('+15559990000'),
  attempts: [],
  createdAt: instant(1_700_000_001_000),
  updatedAt: instant(1_700_000_001_000),
  expiresAt: instant(1_700_003_601_000),
});
