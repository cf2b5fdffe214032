import { pass, type Rule } from './rule.ts';

/** Stop: messages (not turns) to a contact since it last wrote. */
export const unansweredLimit: Rule<'unanswered_limit'> = {
  code: 'unanswered_limit',
  bindsReplies: false,
  judge: (send, { limit, warn_at: warnAt, unit }, facts) => {
    // Of follow-ups, the message that they follow is none.
    const opening = unit === 'follow_ups' ? 1 : 0;
    const used = Math.max(0, facts.unanswered() - opening);
    const after = facts.unanswered() + send.bubbles - opening;
    const numbers = { used, limit, windowSeconds: null };
    if (after > limit) {
      const cure = send.bubbles > limit + opening ? 'fewer_messages' : 'contact_writes';
      return { outcome: 'stop', numbers, cure };
    }
    return warnAt !== null && after >= warnAt
      ? { outcome: 'warn', numbers, message: `With this, ${after} messages in a row are unanswered.` }
      : pass(numbers);
  },
};
