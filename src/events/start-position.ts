import { sequence, type Sequence } from '../domain/index.ts';

/** Where a reader starts, and what it must be told that it has missed. */
export interface StartPosition {
  /** Everything after this is sent. */
  readonly after: Sequence;
  readonly gap: { readonly from: number; readonly to: number; readonly reason: GapReason } | null;
}

/** `retention`: the events are no longer kept. `epoch_changed`: the store is a new one. `ahead_of_head`: the client knows sequences that we never gave out. */
export type GapReason = 'retention' | 'epoch_changed' | 'ahead_of_head';

/** Where to begin for a reader that asks for `after` (or for nothing: live from the head, or its own durable cursor). */
export function startPosition(
  asked: { readonly after: Sequence | null; readonly epoch: string | null; readonly cursor: Sequence | null },
  journal: { readonly epoch: string; readonly head: Sequence; readonly oldest: Sequence },
): StartPosition {
  const beforeOldest = sequence(journal.oldest - 1);
  const after = asked.after ?? asked.cursor;
  if (asked.epoch !== null && asked.epoch !== journal.epoch) {
    return { after: beforeOldest, gap: { from: 1, to: beforeOldest, reason: 'epoch_changed' } };
  }
  if (after === null) {
    return { after: journal.head, gap: null };
  }
  if (after > journal.head) {
    return { after: beforeOldest, gap: { from: journal.head + 1, to: after, reason: 'ahead_of_head' } };
  }
  if (after < beforeOldest) {
    return { after: beforeOldest, gap: { from: after + 1, to: beforeOldest, reason: 'retention' } };
  }
  return { after, gap: null };
}
