import { instant, type Instant } from '../../domain/index.ts';
import type { LimitRules } from '../../config/index.ts';
import type { Facts } from '../facts.ts';
import type { Finding, Numbers, RuleCode, Send } from '../send.ts';

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
export const WEEK_MS = 7 * DAY_MS;

/** One rule: pure, over its own numbers and what the ledger says. */
export interface Rule<C extends RuleCode> {
  readonly code: C;
  /** The code that a refusal carries, where it is not the rule's own. */
  readonly refusalCode?: string;
  readonly bindsReplies: boolean;
  /** A further message of a command that has begun is held only by rules that bind replies, and by these alone. */
  judge(send: Send, numbers: LimitRules[C], facts: Facts): Finding;
}

export const PASS: Finding = { outcome: 'pass', numbers: null };

export function pass(numbers: Numbers): Finding {
  return { outcome: 'pass', numbers };
}

export function windowNumbers(used: number, limit: number, ms: number): Numbers {
  return { used, limit, windowSeconds: ms / 1000 };
}

/** A cap over a rolling window. */
export function capOf(
  facts: Facts,
  cap: { readonly sort: Parameters<Facts['window']>[0]; readonly ms: number; readonly limit: number },
  room: number,
): Finding {
  const window = facts.window(cap.sort, cap.ms);
  const numbers = windowNumbers(window.used, cap.limit, cap.ms);
  if (window.fits(cap.limit, room)) {
    return pass(numbers);
  }
  const retryAt = window.freeAt(cap.limit, room);
  return { outcome: 'full', numbers, retryAt, cure: retryAt === null ? 'fewer_messages' : null };
}

/** An at-risk line has half of its outreach caps. */
export function outreachCap(limit: number, facts: Facts): number {
  return facts.line.reputation === 'at_risk' ? Math.max(1, Math.floor(limit / 2)) : limit;
}

export function later(at: Instant, ms: number): Instant {
  return instant(at + ms);
}

/** Messages of this send that count as reach-outs: the first of a new conversation is counted as that. */
export function reachOuts(send: Send, facts: Facts): number {
  switch (facts.standing) {
    case 'reply':
      return 0;
    case 'reach_out':
      return send.bubbles;
    case 'new_conversation':
      return send.bubbles - 1;
    default:
      return facts.standing satisfies never;
  }
}
