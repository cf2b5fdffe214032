import { HOUR_MS, later, PASS, pass, reachOuts, type Rule } from './rule.ts';

/** Cap: follow-ups to a contact who doesn't answer, so many and so far apart. */
export const recipientCoolingDown: Rule<'recipient_cooling_down'> = {
  code: 'recipient_cooling_down',
  bindsReplies: false,
  judge: (send, { limit, gap_hours: gapHours }, facts) => {
    if (facts.standing !== 'reach_out') {
      return PASS;
    }
    const used = facts.followUps();
    if (used + reachOuts(send, facts) > limit) {
      const cure = send.bubbles > limit ? 'fewer_messages' : 'contact_writes';
      return { outcome: 'full', numbers: { used, limit, windowSeconds: null }, retryAt: null, cure };
    }
    const { lastOutAt, lastInAt } = facts.contact;
    const gapMs = gapHours * HOUR_MS;
    const isUnanswered = lastOutAt !== null && (lastInAt === null || lastOutAt > lastInAt);
    return isUnanswered && facts.at < lastOutAt + gapMs
      ? {
          outcome: 'full',
          numbers: { used: 1, limit: 1, windowSeconds: gapMs / 1000 },
          retryAt: later(lastOutAt, gapMs),
          cure: null,
        }
      : pass({ used, limit, windowSeconds: null });
  },
};
