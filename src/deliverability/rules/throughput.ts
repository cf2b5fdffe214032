import { atLeast } from '../jitter.ts';
import { later, PASS, type Rule } from './rule.ts';

/** Pace: messages leave at least so far apart, also after an outage. */
export const throughput: Rule<'throughput'> = {
  code: 'throughput',
  bindsReplies: true,
  judge: (send, numbers, facts) => {
    const last = facts.lastSendAt();
    if (last === null) {
      return PASS;
    }
    const until = later(last, atLeast(numbers.gap_seconds * 1000, send.id, 'throughput'));
    return facts.at >= until
      ? PASS
      : {
          outcome: 'defer',
          until,
          numbers: { used: 1, limit: 1, windowSeconds: numbers.gap_seconds },
        };
  },
};
