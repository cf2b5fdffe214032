import { DAY_MS, PASS, type Rule } from './rule.ts';

/** Warn: Apple deactivates a line that has had no messages for about two months. */
export const lineIdle: Rule<'line_idle'> = {
  code: 'line_idle',
  bindsReplies: true,
  judge: (_send, { warn_days: warnDays, alarm_days: alarmDays }, facts) => {
    const last = facts.figures.lastTrafficAt;
    const days = last === null ? 0 : Math.floor((facts.at - last) / DAY_MS);
    if (days < warnDays) {
      return PASS;
    }
    return {
      outcome: 'warn',
      numbers: { used: days, limit: days >= alarmDays ? alarmDays : warnDays, windowSeconds: null },
      message: `The line has had no messages for ${days} days.`,
    };
  },
};
