import { hasLink } from '../links.ts';
import { PASS, type Rule } from './rule.ts';

/** Stop: a link or a file to a contact who never wrote; Apple offers "Report Junk" on exactly these. */
export const firstMessageContent: Rule<'first_message_content'> = {
  code: 'first_message_content',
  bindsReplies: false,
  judge: (send, _numbers, facts) => {
    if (facts.contact.firstInAt !== null) {
      return PASS;
    }
    return send.hasFiles || (send.text !== null && hasLink(send.text))
      ? { outcome: 'stop', numbers: null, cure: 'remove_link_or_file' }
      : PASS;
  },
};
