import { pass, windowNumbers, type Rule } from './rule.ts';

/** Cap: messages exchanged with one contact in a minute; it breaks loops of two bots that answer each other. */
export const pairRateLimit: Rule<'pair_rate_limit'> = {
  code: 'pair_rate_limit',
  bindsReplies: true,
  judge: (_send, { limit, window_seconds, counts }, facts) => {
    const ms = window_seconds * 1000;
    const window = facts.pair(counts, ms);
    const numbers = windowNumbers(window.used, limit, ms);
    return window.used < limit
      ? pass(numbers)
      : { outcome: 'full', numbers, retryAt: window.freeAt(limit, 1), cure: null };
  },
};
