import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Message } from '../domain/index.ts';
import { editCount } from './edit-steps.ts';

/**
 * What was last journalled of a row: just enough to name what changed since. Kept in the store for every row that
 * capture has seen, so that a change made while the daemon was down is still told.
 */
export type RowState = z.infer<typeof rowStateSchema>;

const rowStateSchema = z.object({
  kind: z.enum([
    'text',
    'reaction',
    'sticker',
    'group_event',
    'location_sharing',
    'audio_kept',
    'shareplay',
    'app',
    'app_notice',
    'poll',
    'unknown',
  ]),
  fromMe: z.boolean(),
  line: z.string().nullable(),
  chat: z.object({ style: z.enum(['direct', 'group']), identifier: z.string() }).nullable(),
  chatByJoin: z.boolean(),
  sent: z.boolean(),
  delivered: z.boolean(),
  read: z.boolean(),
  error: z.number(),
  edits: z.number(),
  unsent: z.string(),
  recentlyDeleted: z.boolean(),
  /** Digest of text and body state; never the text itself. */
  body: z.string(),
  /**
   * Digest of what Messages adds to a row later: transcript, link preview, translation, expiry, schedule, filtering.
   * Absent in states that were written before it was watched.
   */
  additions: z.string().optional(),
  /** Attachment guid → whether its file is ready. States of old hold the transfer state, of which 5 is "on disk". */
  attachments: z.record(
    z.string(),
    z.union([z.boolean(), z.number().transform((transferState) => transferState === 5)]),
  ),
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
    edits: editCount(message),
    unsent: message.isUnsent ? 'all' : message.unsentParts.join(','),
    recentlyDeleted: message.isRecentlyDeleted,
    body: digestOf([message.text, message.bodyStatus, message.subject]),
    additions: digestOf(additionsOf(message)),
    attachments: Object.fromEntries(message.attachments.map((item) => [item.guid, item.isReady])),
  };
}

function additionsOf(message: Message): readonly unknown[] {
  const { kind } = message;
  return [
    message.audio,
    message.parts.map((part) => (part.type === 'attachment' ? part.transcription : null)),
    kind.kind === 'app' ? [kind.bundleId, kind.content] : null,
    kind.kind === 'poll' ? kind.poll : null,
    message.translations,
    message.schedule,
    message.filtering,
  ];
}

function digestOf(values: readonly unknown[]): string {
  return hash('sha256', JSON.stringify(values), 'base64url').slice(0, 16);
}

export function encodeRowState(state: RowState): string {
  return JSON.stringify(state);
}

export function decodeRowState(text: string): RowState {
  return rowStateSchema.parse(JSON.parse(text));
}
