import { PASS, type Rule } from './rule.ts';

/** Stop: a line that Apple seems to throttle sends replies only, until its flag is cleared. */
export const lineFlagged: Rule<'line_flagged'> = {
  code: 'line_flagged',
  bindsReplies: false,
  judge: (_send, _numbers, facts) =>
    facts.line.state === 'flagged' ? { outcome: 'stop', numbers: null, cure: 'clear_flag' } : PASS,
};
