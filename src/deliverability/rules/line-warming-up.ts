import { instant, type Instant } from '../../domain/index.ts';
import type { LimitRules } from '../../config/index.ts';
import type { Facts } from '../facts.ts';
import type { Finding } from '../send.ts';
import { capOf, DAY_MS, outreachCap, PASS, reachOuts, type Rule } from './rule.ts';

/** Days that the mean is taken over; before the line has had so many, there is no mean to keep to. */
const MEAN_DAYS = 3;

export interface WarmUp {
  /** Since when it ramps. */
  readonly from: Instant;
  /** Counted from 0. */
  readonly day: number;
  /** Share of the caps. */
  readonly percent: number;
  /** When the share grows next. */
  readonly until: Instant;
}

/** Where on its ramp the line stands; `null` once it is past the end of it. */
export function warmUpOf(
  numbers: LimitRules['line_warming_up'],
  facts: Pick<Facts, 'at' | 'figures' | 'line'>,
): WarmUp | null {
  const { activeSince, lastTrafficAt } = facts.figures;
  // Nothing for a month, or nothing ever: the ramp begins with what is sent next.
  const isIdle = lastTrafficAt === null || facts.at - lastTrafficAt >= numbers.idle_days * DAY_MS;
  const active = activeSince === null || isIdle ? facts.at : activeSince;
  const from = instant(Math.max(active, facts.line.rampFrom ?? active));
  const day = Math.max(0, Math.floor((facts.at - from) / DAY_MS));
  const step = numbers.steps.find((one) => day <= one.through_day);
  return step === undefined
    ? null
    : { from, day, percent: step.percent, until: instant(from + (step.through_day + 1) * DAY_MS) };
}

/** What a daily cap is while the line ramps: a share of it, no leap over recent days, and at least 1. */
export function warmCap(
  cap: number,
  warmUp: WarmUp,
  meanFactor: number | null,
  facts: Pick<Facts, 'window'>,
): number {
  const share = Math.floor((cap * warmUp.percent) / 100);
  if (meanFactor === null || warmUp.day < MEAN_DAYS) {
    return Math.max(1, share);
  }
  const mean = facts.window('outreach', MEAN_DAYS * DAY_MS).used / MEAN_DAYS;
  return Math.max(1, Math.min(share, Math.floor(meanFactor * mean)));
}

/**
 * Cap: a young line, one that was idle, and one whose flag was cleared get a share of the daily outreach caps. A
 * critical line gets none until its time is over.
 */
export function lineWarmingUp(rules: LimitRules): Rule<'line_warming_up'> {
  return {
    code: 'line_warming_up',
    bindsReplies: false,
    judge: (send, numbers, facts) => {
      const { heldUntil } = facts.line;
      if (heldUntil !== null && facts.at < heldUntil) {
        const used = facts.window('outreach', DAY_MS).used;
        return {
          outcome: 'full',
          numbers: { used, limit: 0, windowSeconds: DAY_MS / 1000 },
          retryAt: heldUntil,
          cure: null,
        };
      }
      const warmUp = warmUpOf(numbers, facts);
      if (warmUp === null) {
        return PASS;
      }
      const caps = outreachCaps(rules).filter(({ sort }) =>
        sort === 'new_conversation' ? facts.standing === sort : reachOuts(send, facts) > 0,
      );
      const findings = caps.map(({ sort, limit }): Finding => {
        const cap = warmCap(outreachCap(limit, facts), warmUp, numbers.mean_factor, facts);
        const room = sort === 'new_conversation' ? 1 : reachOuts(send, facts);
        return sooner(capOf(facts, { sort, ms: DAY_MS, limit: cap }, room), warmUp);
      });
      return findings.find(({ outcome }) => outcome === 'full') ?? findings[0] ?? PASS;
    },
  };
}

/** The daily caps on outreach that are on. */
export function outreachCaps(
  rules: LimitRules,
): readonly { readonly sort: 'new_conversation' | 'reach_out'; readonly limit: number }[] {
  const { new_conversation_limit: fresh, reach_out_limit: reach } = rules;
  return [
    ...(fresh.enabled && fresh.per_day !== null
      ? [{ sort: 'new_conversation', limit: fresh.per_day } as const]
      : []),
    ...(reach.enabled ? [{ sort: 'reach_out', limit: reach.limit } as const] : []),
  ];
}

/** A slot may come free by the ramp's next step before the window frees one. */
function sooner(finding: Finding, warmUp: WarmUp): Finding {
  return finding.outcome === 'full' && (finding.retryAt === null || warmUp.until < finding.retryAt)
    ? { ...finding, retryAt: warmUp.until, cure: null }
    : finding;
}
