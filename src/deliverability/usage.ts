import type { Instant } from '../domain/index.ts';
import type { Facts } from './facts.ts';
import type { Limits, Lowered } from './limits.ts';
import { outreachCaps, warmCap, warmUpOf, type WarmUp } from './rules/line-warming-up.ts';
import { DAY_MS, HOUR_MS, MINUTE_MS, outreachCap, WEEK_MS } from './rules/rule.ts';
import type { RuleCode } from './send.ts';

/** One limit of the account as it stands. */
export interface LimitUsage {
  readonly rule: RuleCode;
  /** Which cap a ramp takes its share of. */
  readonly of: RuleCode | null;
  readonly kind: 'pace' | 'cap' | 'warn';
  readonly used: number;
  readonly limit: number;
  readonly remaining: number;
  readonly windowSeconds: number;
  /** When one more would fit; the moment asked for where it does now. `null`: not by time alone, or not known. */
  readonly nextSlotAt: Instant | null;
  /** When nothing of what is counted now counts any more; `null` where nothing does, or no time tells. */
  readonly resetsAt: Instant | null;
}

export interface Usage {
  readonly limits: string;
  readonly at: Instant;
  readonly entries: readonly LimitUsage[];
  /** The highest used ÷ limit over the caps; 1 is full. */
  readonly utilization: number;
  readonly acceptsNewContacts: boolean;
  /** The rule why not. */
  readonly reason: string | null;
  readonly warmUp: WarmUp | null;
  readonly lowered: Lowered | null;
}

/** From this utilisation on, a controller should give the line no new contacts (Photon: 70–80 %). */
const FULL_ENOUGH = 0.8;

/** Every limit that the account as a whole has. `facts` are those of no contact, reservations counted. */
export function usageOf(limits: Limits, facts: Facts): Usage {
  const { rules } = limits;
  const warmUp = rules.line_warming_up.enabled ? warmUpOf(rules.line_warming_up, facts) : null;
  const entries = [
    ...windowUsage(limits, facts),
    ...(warmUp === null ? [] : warmUsage(limits, facts, warmUp)),
    ...ratioUsage(limits, facts),
    ...inboundUsage(limits, facts),
  ];
  const caps = entries.filter(({ kind }) => kind === 'cap');
  const tightest = caps.reduce<LimitUsage | null>(
    (most, one) => (most === null || shareOf(one) > shareOf(most) ? one : most),
    null,
  );
  const utilization = tightest === null ? 0 : shareOf(tightest);
  const { state, heldUntil } = facts.line;
  const isHeld = heldUntil !== null && facts.at < heldUntil;
  const reason =
    (state === 'active' || state === 'offline' ? null : `line_${state}`) ??
    (isHeld ? 'line_warming_up' : null) ??
    (utilization >= FULL_ENOUGH ? (tightest?.rule ?? null) : null);
  return {
    limits: limits.version,
    at: facts.at,
    entries,
    utilization,
    acceptsNewContacts: reason === null,
    reason,
    warmUp,
    lowered: limits.lowered,
  };
}

export function shareOf({ used, limit }: { readonly used: number; readonly limit: number }): number {
  return limit === 0 ? 1 : used / limit;
}

function windowUsage({ rules }: Limits, facts: Facts): LimitUsage[] {
  const { server_daily_limit: server, burst_limit: burst, reach_out_limit: reach } = rules;
  const fresh = rules.new_conversation_limit;
  const burstLimit = burst.refuse_from ?? burst.pace_from;
  return [
    ...(server.enabled ? [entry('server_daily_limit', 'cap', 'all', DAY_MS, server.limit, facts)] : []),
    ...(burst.enabled && burstLimit !== null
      ? [
          entry(
            'burst_limit',
            burst.refuse_from === null ? 'pace' : 'cap',
            'outreach',
            MINUTE_MS,
            burstLimit,
            facts,
          ),
        ]
      : []),
    ...(fresh.enabled && fresh.per_day !== null
      ? [
          entry(
            'new_conversation_limit',
            'cap',
            'new_conversation',
            DAY_MS,
            outreachCap(fresh.per_day, facts),
            facts,
          ),
        ]
      : []),
    ...(fresh.enabled && fresh.per_hour !== null
      ? [entry('new_conversation_limit', 'pace', 'new_conversation', HOUR_MS, fresh.per_hour, facts)]
      : []),
    ...(reach.enabled
      ? [entry('reach_out_limit', 'cap', 'reach_out', DAY_MS, outreachCap(reach.limit, facts), facts)]
      : []),
  ];
}

function warmUsage({ rules }: Limits, facts: Facts, warmUp: WarmUp): LimitUsage[] {
  return outreachCaps(rules).map(({ sort, limit }) => ({
    ...entry(
      'line_warming_up',
      'cap',
      sort,
      DAY_MS,
      warmCap(outreachCap(limit, facts), warmUp, rules.line_warming_up.mean_factor, facts),
      facts,
    ),
    of: sort === 'reach_out' ? 'reach_out_limit' : 'new_conversation_limit',
  }));
}

function ratioUsage({ rules }: Limits, facts: Facts): LimitUsage[] {
  const { enabled, refuse_above: limit, min_sends: minSends } = rules.ratio_limit;
  if (!enabled || limit === null) {
    return [];
  }
  const { sends, inbound } = facts.ratio(WEEK_MS);
  const ratio = sends < minSends ? 0 : Math.min(sends / Math.max(1, inbound), sends);
  const used = Math.round(ratio * 100) / 100;
  return [
    {
      rule: 'ratio_limit',
      of: null,
      kind: 'cap',
      used,
      limit,
      remaining: Math.max(0, Math.round((limit - used) * 100) / 100),
      windowSeconds: WEEK_MS / 1000,
      nextSlotAt:
        sends + 1 < minSends || sends + 1 <= limit * inbound
          ? facts.at
          : facts.ratioFreeAt(WEEK_MS, limit, 1, minSends),
      resetsAt: null,
    },
  ];
}

function inboundUsage({ rules }: Limits, facts: Facts): LimitUsage[] {
  const { enabled, limit } = rules.inbound_contacts;
  const used = facts.figures.newInboundContacts;
  return enabled
    ? [
        {
          rule: 'inbound_contacts',
          of: null,
          kind: 'warn',
          used,
          limit,
          remaining: Math.max(0, limit - used),
          windowSeconds: DAY_MS / 1000,
          nextSlotAt: null,
          resetsAt: null,
        },
      ]
    : [];
}

function entry(
  rule: RuleCode,
  kind: LimitUsage['kind'],
  sort: Parameters<Facts['window']>[0],
  ms: number,
  limit: number,
  facts: Facts,
): LimitUsage {
  const window = facts.window(sort, ms);
  return {
    rule,
    of: null,
    kind,
    used: window.used,
    limit,
    remaining: Math.max(0, limit - window.used),
    windowSeconds: ms / 1000,
    nextSlotAt: window.freeAt(limit, 1),
    resetsAt: window.emptyAt(),
  };
}
