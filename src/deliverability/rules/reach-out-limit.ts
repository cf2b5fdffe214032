import { capOf, DAY_MS, outreachCap, PASS, reachOuts, type Rule } from './rule.ts';

/** Cap: sends outside open windows, new conversations left out. */
export const reachOutLimit: Rule<'reach_out_limit'> = {
  code: 'reach_out_limit',
  bindsReplies: false,
  judge: (send, { limit }, facts) => {
    const room = reachOuts(send, facts);
    return room === 0
      ? PASS
      : capOf(facts, { sort: 'reach_out', ms: DAY_MS, limit: outreachCap(limit, facts) }, room);
  },
};
