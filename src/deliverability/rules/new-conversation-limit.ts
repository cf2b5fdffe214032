import { drawn } from '../jitter.ts';
import { capOf, DAY_MS, HOUR_MS, later, outreachCap, PASS, windowNumbers, type Rule } from './rule.ts';

/** Cap over 24 hours, pace over one: contacts who never wrote and are written to for the first time. */
export const newConversationLimit: Rule<'new_conversation_limit'> = {
  code: 'new_conversation_limit',
  bindsReplies: false,
  judge: (send, { per_day: perDay, per_hour: perHour }, facts) => {
    if (facts.standing !== 'new_conversation') {
      return PASS;
    }
    const day =
      perDay === null
        ? PASS
        : capOf(facts, { sort: 'new_conversation', ms: DAY_MS, limit: outreachCap(perDay, facts) }, 1);
    if (day.outcome !== 'pass' || perHour === null) {
      return day;
    }
    const hour = facts.window('new_conversation', HOUR_MS);
    if (hour.used < perHour) {
      return day;
    }
    const free = hour.freeAt(perHour, 1) ?? later(facts.at, HOUR_MS);
    const jitter = (HOUR_MS / Math.max(1, perHour)) * 0.25 * drawn(send.id, 'new_conversation_limit');
    return {
      outcome: 'defer',
      until: later(free, Math.round(jitter)),
      numbers: windowNumbers(hour.used, perHour, HOUR_MS),
    };
  },
};
