import { z } from 'zod';
import { limitRulesSchema, type LimitOverrides, type LimitRules } from '../config/index.ts';
import { resolveLimits, type Limits, type Lowered } from './limits.ts';
import type { RuleCode } from './send.ts';

/**
 * Which way each number gets stricter. What has no entry (words, times of day, steps) cannot be changed but by the
 * configuration: of those nothing tells which of two is the stricter.
 */
const STRICTER: { readonly [C in RuleCode]: { readonly [N in keyof LimitRules[C]]?: 'down' | 'up' } } = {
  throughput: { gap_seconds: 'up' },
  pair_rate_limit: { limit: 'down', window_seconds: 'up' },
  server_daily_limit: { limit: 'down' },
  recipient_opted_out: {},
  burst_limit: { pace_from: 'down', refuse_from: 'down' },
  contact_first: {},
  new_conversation_limit: { per_day: 'down', per_hour: 'down' },
  cold_outreach: {},
  reach_out_limit: { limit: 'down' },
  unanswered_limit: { warn_at: 'down', limit: 'down' },
  recipient_cooling_down: { limit: 'down', gap_hours: 'up' },
  ratio_limit: {
    min_sends: 'down',
    warn_above: 'down',
    pace_above: 'down',
    refuse_above: 'down',
    pace_gap_seconds: 'up',
  },
  response_rate: { percent: 'up', min_contacts: 'down', min_wait_minutes: 'up', max_wait_minutes: 'up' },
  diversity: {},
  duplicate_content: { warn_at: 'down', limit: 'down' },
  first_message_content: {},
  quiet_hours: {},
  line_warming_up: { mean_factor: 'down' },
  inbound_contacts: { limit: 'down' },
  line_idle: { warn_days: 'down', alarm_days: 'down' },
  line_flagged: { factor: 'down', min_samples: 'down' },
};

const loweredSchema = z.record(z.string(), z.record(z.string(), z.union([z.number(), z.literal(true)])));

/** Why numbers were not taken; `number` is `null` where the rule as a whole is meant. */
export interface LoweringRefusal {
  readonly reason: 'unknown_rule' | 'unknown_number' | 'not_allowed' | 'rule_off' | 'would_raise';
  readonly rule: string;
  readonly number: string | null;
  /** What holds now, where the number would raise it. */
  readonly holds: number | null;
}

export interface Lowering {
  /** The numbers that hold: the stricter of the configuration and what was lowered. */
  limits(): Limits;
  /** Takes all of the numbers, or none. Survives restarts. */
  lower(
    rules: Lowered,
  ): { readonly outcome: 'lowered' } | ({ readonly outcome: 'refused' } & LoweringRefusal);
  /** The configuration's own numbers hold again. */
  restore(): void;
}

/**
 * Limits that may be made stricter from outside, never looser: each number is held against the one that holds at that
 * moment, so that not even the own last order can be taken back but by a person (`restore`).
 */
export function createLowering(
  configured: Limits,
  memory: { get(): string | null; set(text: string): void },
): Lowering {
  let lowered = readLowered(memory.get());
  let limits = merge(configured, lowered);
  return {
    limits: () => limits,
    lower: (rules) => {
      const refusal = firstRefusal(limits.rules, rules);
      if (refusal !== null) {
        return { outcome: 'refused', ...refusal };
      }
      const next = Object.fromEntries(
        Object.entries({ ...lowered, ...rules }).map(([rule]) => [
          rule,
          { ...lowered?.[rule], ...rules[rule] },
        ]),
      );
      memory.set(JSON.stringify(next));
      lowered = next;
      limits = merge(configured, lowered);
      return { outcome: 'lowered' };
    },
    restore: () => {
      memory.set('');
      lowered = null;
      limits = configured;
    },
  };
}

function firstRefusal(holds: LimitRules, rules: Lowered): LoweringRefusal | null {
  for (const [rule, numbers] of Object.entries(rules)) {
    if (!isRule(rule)) {
      return { reason: 'unknown_rule', rule, number: null, holds: null };
    }
    const current = numbersOf(holds, rule);
    if (current['enabled'] !== true && numbers['enabled'] !== true) {
      return { reason: 'rule_off', rule, number: null, holds: null };
    }
    for (const [number, value] of Object.entries(numbers)) {
      const problem = problemOf(rule, number, value, current);
      if (problem !== null) {
        return { rule, number, ...problem };
      }
    }
    if (!limitRulesSchema.shape[rule].safeParse({ ...current, ...numbers }).success) {
      return { reason: 'not_allowed', rule, number: null, holds: null };
    }
  }
  return null;
}

function problemOf(
  rule: RuleCode,
  number: string,
  value: number | true,
  current: Readonly<Record<string, unknown>>,
): Pick<LoweringRefusal, 'reason' | 'holds'> | null {
  if (number === 'enabled') {
    return value === true ? null : { reason: 'not_allowed', holds: null };
  }
  const direction = directionOf(rule, number);
  if (direction === null) {
    return { reason: 'unknown_number', holds: null };
  }
  if (typeof value !== 'number') {
    return { reason: 'not_allowed', holds: null };
  }
  const now = current[number];
  // A rule that is off, or a part of it that is, holds nothing: any number is stricter.
  return current['enabled'] !== true || typeof now !== 'number' || !isLooser(direction, value, now)
    ? null
    : { reason: 'would_raise', holds: now };
}

/** The configuration may have been made stricter since: of two numbers the stricter holds. */
function merge(configured: Limits, lowered: Lowered | null): Limits {
  if (lowered === null) {
    return configured;
  }
  const overrides: Record<string, Record<string, unknown>> = {};
  for (const [rule, numbers] of Object.entries(lowered)) {
    if (isRule(rule)) {
      const base = numbersOf(configured.rules, rule);
      const isOff = base['enabled'] !== true;
      overrides[rule] = {
        ...base,
        ...Object.fromEntries(
          Object.entries(numbers).filter(([number, value]) => {
            const direction = directionOf(rule, number);
            const own = base[number];
            return (
              number === 'enabled' ||
              (direction !== null &&
                (isOff ||
                  typeof own !== 'number' ||
                  (typeof value === 'number' && !isLooser(direction, value, own))))
            );
          }),
        ),
      };
    }
  }
  const rules: LimitOverrides = { ...configured.rules, ...overrides };
  return { ...resolveLimits(configured.preset, rules), lowered };
}

function isLooser(direction: 'down' | 'up', value: number, now: number): boolean {
  return direction === 'down' ? value > now : value < now;
}

function isRule(name: string): name is RuleCode {
  return Object.hasOwn(STRICTER, name);
}

function directionOf(rule: RuleCode, number: string): 'down' | 'up' | null {
  return new Map<string, 'down' | 'up' | undefined>(Object.entries(STRICTER[rule])).get(number) ?? null;
}

function numbersOf(rules: LimitRules, rule: RuleCode): Readonly<Record<string, unknown>> {
  return { ...rules[rule] };
}

/** As it was written here; what cannot be read counts for nothing rather than stopping the daemon. */
function readLowered(text: string | null): Lowered | null {
  if (text === null || text === '') {
    return null;
  }
  try {
    return loweredSchema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
