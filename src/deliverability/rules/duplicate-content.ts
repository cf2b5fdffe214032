import { DAY_MS, pass, PASS, windowNumbers, type Rule } from './rule.ts';

/** Warn, cap: the same text, digits and names masked, to many contacts. */
export const duplicateContent: Rule<'duplicate_content'> = {
  code: 'duplicate_content',
  bindsReplies: false,
  judge: (send, { limit, warn_at: warnAt }, facts) => {
    if (send.text === null) {
      return PASS;
    }
    const same = facts.sameText(DAY_MS);
    const after = same.used + (same.isKnownHere ? 0 : 1);
    const numbers = windowNumbers(same.used, limit, DAY_MS);
    if (after > limit && !same.isKnownHere) {
      return { outcome: 'full', numbers, retryAt: same.freeAt(limit, 1), cure: null };
    }
    return warnAt !== null && after >= warnAt
      ? { outcome: 'warn', numbers, message: `With this, ${after} contacts get the same text in 24 hours.` }
      : pass(numbers);
  },
};
