import { drawn } from '../jitter.ts';
import { later, MINUTE_MS, pass, PASS, windowNumbers, type Rule } from './rule.ts';

/** Pace, then cap: outreach in one minute. What waits in the outbox is counted when a command is accepted. */
export const burstLimit: Rule<'burst_limit'> = {
  code: 'burst_limit',
  bindsReplies: false,
  judge: (send, { pace_from: pace, refuse_from: refuse }, facts) => {
    const window = facts.window('outreach', MINUTE_MS);
    if (refuse !== null && window.used + send.bubbles > refuse) {
      const retryAt = window.freeAt(refuse, send.bubbles);
      return {
        outcome: 'full',
        numbers: windowNumbers(window.used, refuse, MINUTE_MS),
        retryAt,
        cure: retryAt === null ? 'fewer_messages' : null,
      };
    }
    // All messages of a command leave one after the other: it begins when there is room for them, or for as many as fit.
    const room = Math.min(send.bubbles, pace ?? send.bubbles);
    if (pace !== null && window.used + room > pace) {
      const free = window.freeAt(pace, room) ?? later(facts.at, MINUTE_MS);
      const jitter = (MINUTE_MS / Math.max(1, pace)) * 0.25 * drawn(send.id, 'burst_limit');
      return {
        outcome: 'defer',
        until: later(free, Math.round(jitter)),
        numbers: windowNumbers(window.used, pace, MINUTE_MS),
      };
    }
    const limit = refuse ?? pace;
    return limit === null ? PASS : pass(windowNumbers(window.used, limit, MINUTE_MS));
  },
};
