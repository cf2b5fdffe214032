import { drawn } from '../jitter.ts';
import { later, MINUTE_MS, PASS, type Rule } from './rule.ts';

/** Pace: at night on the contact's clock nothing but replies is sent. What waited leaves spread over some minutes. */
export const quietHours: Rule<'quiet_hours'> = {
  code: 'quiet_hours',
  bindsReplies: false,
  judge: (send, { from, to, spread_minutes: spread }, facts) => {
    const awake = facts.awakeAt(from, to);
    return awake <= facts.at
      ? PASS
      : {
          outcome: 'defer',
          until: later(awake, Math.round(spread * MINUTE_MS * drawn(send.id, 'quiet_hours'))),
          numbers: null,
        };
  },
};
