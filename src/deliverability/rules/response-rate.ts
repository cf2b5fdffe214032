import { drawn } from '../jitter.ts';
import { later, MINUTE_MS, pass, PASS, WEEK_MS, windowNumbers, type Rule } from './rule.ts';

/** Share of contacts who wrote back, in percent; `null` from too few of them. */
export function responsePercent(
  figures: { readonly messagedContacts: number; readonly answeringContacts: number },
  minContacts: number,
): number | null {
  const { messagedContacts: messaged, answeringContacts: answering } = figures;
  return messaged < Math.max(1, minContacts) ? null : (100 * answering) / messaged;
}

/** Pace: while few contacts write back, outreach keeps minutes between its messages. */
export const responseRate: Rule<'response_rate'> = {
  code: 'response_rate',
  bindsReplies: false,
  judge: (send, numbers, facts) => {
    const rate = responsePercent(facts.figures, numbers.min_contacts);
    if (rate === null) {
      return PASS;
    }
    // One decimal, downwards: a share that is too small never looks like the limit.
    const shown = windowNumbers(Math.floor(rate * 10) / 10, numbers.percent, WEEK_MS);
    const last = facts.lastOutreachAt();
    if (rate >= numbers.percent || last === null) {
      return pass(shown);
    }
    const span = numbers.max_wait_minutes - numbers.min_wait_minutes;
    const minutes = numbers.min_wait_minutes + span * drawn(send.id, 'response_rate');
    const until = later(last, Math.round(minutes * MINUTE_MS));
    return facts.at < until ? { outcome: 'defer', until, numbers: shown } : pass(shown);
  },
};
