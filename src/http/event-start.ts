import type { Gap } from '../contract/index.ts';
import { sequence, type Sequence } from '../domain/index.ts';
import type { JournalPort } from './ports.ts';

/** Where reading begins, and what of the wish cannot be served. Without `after`, from the oldest event that is kept. */
export function whereToStart(
  wish: { readonly after: number | undefined; readonly epoch: string | undefined },
  journal: JournalPort,
): { readonly after: Sequence; readonly gap: Gap | null } {
  const beforeOldest = sequence(Math.max(0, journal.oldest() - 1));
  if (wish.epoch !== undefined && wish.epoch !== journal.epoch) {
    return { after: beforeOldest, gap: { from: 1, to: beforeOldest, reason: 'epoch_changed' } };
  }
  if (wish.after === undefined) {
    return { after: beforeOldest, gap: null };
  }
  if (wish.after > journal.head()) {
    return {
      after: beforeOldest,
      gap: { from: journal.head() + 1, to: wish.after, reason: 'ahead_of_head' },
    };
  }
  if (wish.after < beforeOldest) {
    return { after: beforeOldest, gap: { from: wish.after + 1, to: beforeOldest, reason: 'retention' } };
  }
  return { after: sequence(wish.after), gap: null };
}
