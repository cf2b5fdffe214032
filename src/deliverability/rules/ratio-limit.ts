import { around } from '../jitter.ts';
import { later, pass, PASS, WEEK_MS, windowNumbers, type Rule } from './rule.ts';

/** Warn, pace, cap: sends of the account to one inbound message, over 7 days. */
export const ratioLimit: Rule<'ratio_limit'> = {
  code: 'ratio_limit',
  bindsReplies: false,
  judge: (send, numbers, facts) => {
    const { sends, inbound } = facts.ratio(WEEK_MS);
    const after = sends + send.bubbles;
    if (after < numbers.min_sends) {
      return PASS;
    }
    const isOver = (limit: number | null): limit is number => limit !== null && after > limit * inbound;
    // As far as two digits tell it apart; without inbound there is no ratio, so the sends stand for it.
    const used = inbound === 0 ? sends : Math.round((sends / inbound) * 100) / 100;
    if (isOver(numbers.refuse_above)) {
      return {
        outcome: 'full',
        numbers: windowNumbers(used, numbers.refuse_above, WEEK_MS),
        retryAt: facts.ratioFreeAt(WEEK_MS, numbers.refuse_above, send.bubbles, numbers.min_sends),
        cure: null,
      };
    }
    if (isOver(numbers.pace_above)) {
      const last = facts.lastOutreachAt();
      const until = later(last ?? facts.at, around(numbers.pace_gap_seconds * 1000, send.id, 'ratio_limit'));
      if (last !== null && facts.at < until) {
        return { outcome: 'defer', until, numbers: windowNumbers(used, numbers.pace_above, WEEK_MS) };
      }
    }
    if (isOver(numbers.warn_above)) {
      return {
        outcome: 'warn',
        numbers: windowNumbers(used, numbers.warn_above, WEEK_MS),
        message: `${after} sends to ${inbound} inbound messages in 7 days.`,
      };
    }
    return numbers.refuse_above === null ? PASS : pass(windowNumbers(used, numbers.refuse_above, WEEK_MS));
  },
};
