import { PASS, type Rule } from './rule.ts';

/** Stop: the contact's last word on it was a stop word; a start word undoes it. */
export const recipientOptedOut: Rule<'recipient_opted_out'> = {
  code: 'recipient_opted_out',
  bindsReplies: true,
  judge: (_send, _numbers, facts) =>
    facts.contact.optedOut ? { outcome: 'stop', numbers: null, cure: 'contact_writes_start' } : PASS,
};
