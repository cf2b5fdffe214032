import { messageGuid, type MessageKind, type Part, type ReactionType } from '../domain/index.ts';
import { isPollBundle, LINK_BUNDLE, readAppContent } from './app-content.ts';
import { parseAssociatedGuid, type AssociatedMessage } from './associated-message.ts';
import { groupEvent } from './group-event.ts';
import { AT, type MessageRow } from './message-columns.ts';
import { readPoll, readVote } from './poll.ts';
import type { RowReferences } from './row-references.ts';
import { blobOf, integerOf, textOf } from './sql-value.ts';

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
/** A line that an app wrote about its message; 3 is a heading. */
const APP_NOTICES: ReadonlySet<number> = new Set([2, 3]);
/** A sticker laid on a message. */
const STICKER = 1000;
const POLL_VOTE = 4000;

const TEXT: MessageKind = { kind: 'text' };

/** What the row is, by its codes. A combination that is not known is `unknown` with its codes, never dropped. */
export function messageKind(row: MessageRow, references: RowReferences, parts: readonly Part[]): MessageKind {
  const itemType = integerOf(row[AT.item_type]);
  const groupActionType = integerOf(row[AT.group_action_type]);
  const associatedMessageType = integerOf(row[AT.associated_message_type]);
  if (itemType !== 0) {
    return (
      groupEvent(row, references) ?? { kind: 'unknown', itemType, groupActionType, associatedMessageType }
    );
  }
  if (associatedMessageType !== 0) {
    return (
      associatedKind(row, associatedMessageType) ?? {
        kind: 'unknown',
        itemType,
        groupActionType,
        associatedMessageType,
      }
    );
  }
  const app = appKind(row, parts);
  if (app !== null) {
    return app;
  }
  return groupActionType === 0 ? TEXT : { kind: 'unknown', itemType, groupActionType, associatedMessageType };
}

function associatedKind(row: MessageRow, code: number): MessageKind | null {
  const associated = parseAssociatedGuid(textOf(row[AT.associated_message_guid]));
  if (APP_NOTICES.has(code)) {
    const bundleId = textOf(row[AT.balloon_bundle_id]);
    return { kind: 'app_notice', bundleId, target: associated?.target ?? null };
  }
  if (associated === null) {
    return null;
  }
  if (code === STICKER) {
    return { kind: 'sticker', target: associated.target, part: associated.part };
  }
  return code === POLL_VOTE ? voteKind(row, associated) : reactionKind(row, code, associated);
}

function reactionKind(row: MessageRow, code: number, associated: AssociatedMessage): MessageKind | null {
  const isRemoval = code >= FIRST_REMOVE;
  const reaction = REACTIONS[code - (isRemoval ? FIRST_REMOVE : FIRST_ADD)];
  return reaction === undefined
    ? null
    : {
        kind: 'reaction',
        action: isRemoval ? 'remove' : 'add',
        reaction,
        emoji: textOf(row[AT.associated_message_emoji]),
        target: associated.target,
        part: associated.part,
      };
}

/** A vote that cannot be read is not taken for one that was withdrawn. */
function voteKind(row: MessageRow, associated: AssociatedMessage): MessageKind | null {
  const payload = blobOf(row[AT.payload_data]);
  const poll = payload === null ? null : readVote(payload, associated.target);
  return poll === null ? null : { kind: 'poll', poll };
}

function appKind(row: MessageRow, parts: readonly Part[]): MessageKind | null {
  const bundleId = textOf(row[AT.balloon_bundle_id]);
  const payload = blobOf(row[AT.payload_data]);
  if (bundleId === null) {
    return payload !== null && isLoneLink(parts)
      ? { kind: 'app', bundleId: LINK_BUNDLE, content: readAppContent(LINK_BUNDLE, payload) }
      : null;
  }
  if (payload !== null && isPollBundle(bundleId)) {
    const associated = parseAssociatedGuid(textOf(row[AT.associated_message_guid]));
    const poll = readPoll(payload, messageGuid(textOf(row[AT.guid]) ?? ''), associated?.target ?? null);
    if (poll !== null) {
      return { kind: 'poll', poll };
    }
  }
  return { kind: 'app', bundleId, content: readAppContent(bundleId, payload) };
}

/** Nothing but one link: with a payload that is its preview, though Messages has not named the balloon. */
function isLoneLink(parts: readonly Part[]): boolean {
  const [part] = parts;
  if (parts.length !== 1 || part?.type !== 'text') {
    return false;
  }
  const [run] = part.runs;
  return part.runs.length === 1 && run !== undefined && run.link !== null && run.length === part.text.length;
}
