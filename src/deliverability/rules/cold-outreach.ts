import { PASS, type Rule } from './rule.ts';

/** Warn or stop: a new conversation without word of where and when the contact agreed to it. */
export const coldOutreach: Rule<'cold_outreach'> = {
  code: 'cold_outreach',
  bindsReplies: false,
  judge: (send, { action }, facts) => {
    if (facts.standing !== 'new_conversation' || send.optIn !== null) {
      return PASS;
    }
    return action === 'stop'
      ? { outcome: 'stop', numbers: null, cure: 'give_opt_in' }
      : {
          outcome: 'warn',
          numbers: null,
          message: 'The contact never wrote, and no opt_in says that it agreed to be written to.',
        };
  },
};
