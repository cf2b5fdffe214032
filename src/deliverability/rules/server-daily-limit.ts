import { capOf, DAY_MS, type Rule } from './rule.ts';

/** Cap: everything that this Mac sends in 24 hours, replies included. */
export const serverDailyLimit: Rule<'server_daily_limit'> = {
  code: 'server_daily_limit',
  bindsReplies: true,
  judge: (send, { limit }, facts) => capOf(facts, { sort: 'all', ms: DAY_MS, limit }, send.bubbles),
};
