import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Message } from '../domain/index.ts';

/**
 * What was last journalled of a row: just enough to name what changed since. Kept in the store for every row that
 * capture has seen, so that a change made while the daemon was down is still told.
 */
export type RowState = z.infer<typeof rowStateSchema>;

const rowStateSchema = z.object({
  kind: z.enum(['text', 'reaction', 'group_event', 'app', 'unknown']),
  fromMe: z.boolean(),
  line: z.string().nullable(),
  chat: z.object({ style: z.enum(['direct', 'group']), identifier: z.string() }).nullable(),
  chatByJoin: z.boolean(),
  sent: z.boolean(),
  delivered: z.boolean(),
  read: z.boolean(),
  error: z.number(),
  revisions: z.number(),
  unsent: z.string(),
  recentlyDeleted: z.boolean(),
  /** Digest of text and body state; never the text itself. */
  body: z.string(),
  /** Attachment guid → transfer state. */
  attachments: z.record(z.string(), z.number()),
});

export function rowStateOf(message: Message): RowState {
  const { delivery } = message;
  return {
    kind: message.kind.kind,
    fromMe: message.isFromMe,
    line: message.line,
    chat: message.chat === null ? null : { style: message.chat.style, identifier: message.chat.identifier },
    chatByJoin: message.chatResolved === 'join',
    sent: delivery.isSent,
    delivered: delivery.isDelivered || delivery.deliveredAt !== null,
    read: delivery.isRead || delivery.readAt !== null,
    error: delivery.error,
    revisions: message.revisions,
    unsent: message.isUnsent ? 'all' : message.unsentParts.join(','),
    recentlyDeleted: message.isRecentlyDeleted,
    body: createHash('sha256')
      .update(JSON.stringify([message.text, message.bodyStatus, message.subject]))
      .digest('base64url')
      .slice(0, 16),
    attachments: Object.fromEntries(message.attachments.map((item) => [item.guid, item.transferState])),
  };
}

export function encodeRowState(state: RowState): string {
  return JSON.stringify(state);
}

export function decodeRowState(text: string): RowState {
  return rowStateSchema.parse(JSON.parse(text));
}
