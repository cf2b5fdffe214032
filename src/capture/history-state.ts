import type { Instant, Message } from '../domain/index.ts';
import type { ChangedRow } from './protocol.ts';
import { rowStateOf, type RowState } from './row-state.ts';

/**
 * The state of a row of which only the print was kept: what it says now, set back by what the print tells. A row that
 * had been edited or unsent before has a state of its own, so that here both begin at none.
 *
 * Where not even its print had been taken (the first seconds after the first start), its own dates tell what happened
 * since `startedAt`.
 */
export function historyState(row: ChangedRow, startedAt: Instant): RowState {
  const now = rowStateOf(row.message);
  const { before } = row;
  const attachments = Object.fromEntries(
    Object.entries(now.attachments).map(([guid, isReady]) => [
      guid,
      isReady && !row.arrivedFiles.includes(guid),
    ]),
  );
  if (before === null) {
    return { ...now, ...beforeByDates(row.message, now, startedAt), attachments };
  }
  return {
    ...now,
    sent: before.sent,
    delivered: before.delivered,
    read: before.read,
    error: before.failed ? now.error : 0,
    recentlyDeleted: before.recentlyDeleted,
    ...(before.changed ? {} : { edits: 0, unsent: '' }),
    // An edit changes the body, too, and is told as such; of anything else, this is all there is to tell.
    body: before.isContentOther ? '' : now.body,
    attachments,
  };
}

function beforeByDates(message: Message, now: RowState, startedAt: Instant): Partial<RowState> {
  const isSince = (at: Instant | null) => at !== null && at >= startedAt;
  const { delivery } = message;
  return {
    read: now.read && !isSince(delivery.readAt),
    delivered: now.delivered && !isSince(delivery.deliveredAt),
    ...(isSince(message.editedAt) ? { edits: 0, unsent: '' } : {}),
    recentlyDeleted: now.recentlyDeleted && !isSince(message.deletedAt),
  };
}
