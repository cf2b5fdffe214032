import type { Instant, Message, Reaction } from '../domain/index.ts';
import { reactionId } from './ids.ts';
import { place } from './place.ts';
import type { WireReaction } from './reaction.ts';
import { NOBODY, writerOf } from './to-wire-message.ts';

/** `syncedAt` is when it was journalled, else when it was sent. */
export function toWireReaction(reaction: Reaction, syncedAt: Instant): WireReaction {
  return {
    id: reactionId(reaction.guid),
    guid: reaction.guid,
    ...place(reaction.target, reaction.chat, reaction.line),
    part: reaction.part ?? undefined,
    type: reaction.type === 'emoji' ? (reaction.emoji ?? 'emoji') : reaction.type,
    line_handle: reaction.line ?? NOBODY,
    sender: writerOf(reaction),
    is_from_me: reaction.isFromMe,
    added: reaction.added,
    sent_at: reaction.sentAt,
    synced_at: syncedAt,
  };
}

/** The tapback that a row is, as the wire shows it; `null` for a row that is something else. */
export function toWireReactionOfRow(message: Message, syncedAt: Instant): WireReaction | null {
  const { kind } = message;
  if (kind.kind !== 'reaction') {
    return null;
  }
  const reaction: Reaction = {
    guid: message.guid,
    target: kind.target,
    part: kind.part,
    type: kind.reaction,
    emoji: kind.emoji,
    chat: message.chat,
    sender: message.sender,
    isFromMe: message.isFromMe,
    line: message.line,
    sentAt: message.sentAt,
    added: kind.action === 'add',
  };
  return toWireReaction(reaction, syncedAt);
}
