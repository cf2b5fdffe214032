import { PASS, type Rule } from './rule.ts';

/** Stop: nothing to a contact who never wrote. */
export const contactFirst: Rule<'contact_first'> = {
  code: 'contact_first',
  refusalCode: 'contact_has_not_messaged',
  bindsReplies: false,
  judge: (_send, _numbers, facts) =>
    facts.contact.firstInAt === null ? { outcome: 'stop', numbers: null, cure: 'contact_writes' } : PASS,
};
