import {
  canonicalHandle,
  messageGuid,
  type Handle,
  type MessageGuid,
  type MessageKind,
  type ReactionType,
} from '../domain/index.ts';
import type { MessageRow } from './message-rows.ts';
import { flagOf, integerOf, textOf } from './sql-value.ts';

/** `associated_message_type` 2000 + index puts one on, 3000 + index takes it off. */
const REACTIONS: readonly ReactionType[] = [
  'love',
  'like',
  'dislike',
  'laugh',
  'emphasize',
  'question',
  'emoji',
  'sticker',
];
const FIRST_ADD = 2000;
const FIRST_REMOVE = 3000;
/** A sticker laid on a message, and a vote in a poll: rows of app messages that are no message of their own. */
const STICKER = 1000;
const POLL_VOTE = 4000;

/** What the row is, by its codes. A combination that is not known is `unknown` with its codes, never dropped. */
export function messageKind(row: MessageRow): MessageKind {
  const itemType = integerOf(row.item_type);
  const groupActionType = integerOf(row.group_action_type);
  const associatedMessageType = integerOf(row.associated_message_type);
  const unknown: MessageKind = { kind: 'unknown', itemType, groupActionType, associatedMessageType };
  if (itemType !== 0) {
    return groupEvent(row, itemType, groupActionType) ?? unknown;
  }
  const associated = reaction(row, associatedMessageType);
  if (associated !== null) {
    return associated;
  }
  const bundleId = textOf(row.balloon_bundle_id);
  if (bundleId !== null && associatedMessageType !== STICKER && associatedMessageType !== POLL_VOTE) {
    return { kind: 'app', bundleId };
  }
  return associatedMessageType === 0 && groupActionType === 0 ? { kind: 'text' } : unknown;
}

function reaction(row: MessageRow, code: number): MessageKind | null {
  const action = code >= FIRST_REMOVE ? 'remove' : 'add';
  const type = REACTIONS[code - (action === 'remove' ? FIRST_REMOVE : FIRST_ADD)];
  const target = parseTarget(textOf(row.associated_message_guid));
  if (type === undefined || target === null) {
    return null;
  }
  return { kind: 'reaction', action, reaction: type, emoji: textOf(row.associated_message_emoji), ...target };
}

/** `p:<part>/<guid>` on a part, `bp:<guid>` or the bare guid on all of it; part -1 occurs and means all, too. */
const TARGET = /^(?:p:(-?\d+)\/|bp:)?(.+)$/u;

function parseTarget(
  associated: string | null,
): { readonly target: MessageGuid; readonly part: number | null } | null {
  const match = associated === null ? null : TARGET.exec(associated);
  if (match?.[2] === undefined) {
    return null;
  }
  const part = match[1] === undefined ? -1 : Number(match[1]);
  return { target: messageGuid(match[2]), part: Number.isSafeInteger(part) && part >= 0 ? part : null };
}

function groupEvent(row: MessageRow, itemType: number, groupActionType: number): MessageKind | null {
  const other = handleOf(textOf(row.other_id));
  switch (itemType) {
    case 1:
      if (groupActionType === 0 || groupActionType === 1) {
        const action = groupActionType === 0 ? 'participant_added' : 'participant_removed';
        return { kind: 'group_event', action, subject: other, title: null };
      }
      return null;
    case 2:
      return { kind: 'group_event', action: 'renamed', subject: null, title: textOf(row.group_title) };
    case 3:
      if (groupActionType === 0) {
        const leaver = flagOf(row.is_from_me) ? null : handleOf(textOf(row.sender_id));
        return { kind: 'group_event', action: 'participant_removed', subject: leaver, title: null };
      }
      return groupActionType === 1 || groupActionType === 2
        ? { kind: 'group_event', action: 'photo_changed', subject: null, title: null }
        : null;
    default:
      return null;
  }
}

function handleOf(stored: string | null): Handle | null {
  return stored === null ? null : canonicalHandle(stored);
}
