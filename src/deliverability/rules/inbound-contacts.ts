import { DAY_MS, pass, windowNumbers, type Rule } from './rule.ts';

/** Warn: more people wrote for the first time in a day than one line should take on. */
export const inboundContacts: Rule<'inbound_contacts'> = {
  code: 'inbound_contacts',
  bindsReplies: true,
  judge: (_send, { limit }, facts) => {
    const used = facts.figures.newInboundContacts;
    const numbers = windowNumbers(used, limit, DAY_MS);
    return used > limit
      ? {
          outcome: 'warn',
          numbers,
          message: `${used} contacts wrote for the first time in 24 hours; spread them over more lines.`,
        }
      : pass(numbers);
  },
};
