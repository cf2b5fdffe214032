import type { Gap } from '../contract/index.ts';
import { sequence, type Sequence } from '../domain/index.ts';

/** Where a reader starts, and what it must be told that it has missed. */
export interface StartPosition {
  /** Everything after this is sent. */
  readonly after: Sequence;
  readonly gap: Gap | null;
}

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
