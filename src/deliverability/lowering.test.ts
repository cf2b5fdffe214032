import { describe, expect, it } from 'vitest';
import { createLowering } from './lowering.ts';
import { resolveLimits } from './limits.ts';

function start(preset: 'balanced' | 'off' = 'balanced', stored: string | null = null) {
  let text = stored;
  const memory = { get: () => text, set: (value: string) => void (text = value) };
  const lowering = createLowering(resolveLimits(preset, {}), memory);
  return {
    lowering,
    rules: () => lowering.limits().rules,
    stored: () => text,
    again: (next = resolveLimits(preset, {})) => createLowering(next, memory),
  };
}

describe('limits that can only be lowered', () => {
  it('take stricter numbers in either direction, under another version', () => {
    const { lowering, rules } = start();
    const before = lowering.limits().version;
    expect(lowering.lower({ reach_out_limit: { limit: 20 }, throughput: { gap_seconds: 5 } })).toEqual({
      outcome: 'lowered',
    });
    expect(rules().reach_out_limit.limit).toBe(20);
    expect(rules().throughput.gap_seconds).toBe(5);
    expect(rules().server_daily_limit.limit).toBe(5_000);
    expect(lowering.limits().version).not.toBe(before);
    expect(lowering.limits().lowered).toEqual({
      reach_out_limit: { limit: 20 },
      throughput: { gap_seconds: 5 },
    });
  });

  it.each([
    ['a higher cap', { reach_out_limit: { limit: 201 } }, 'would_raise', 200],
    ['a shorter gap', { throughput: { gap_seconds: 0.5 } }, 'would_raise', 1],
    ['no such rule', { patience: { limit: 1 } }, 'unknown_rule', null],
    ['no such number', { reach_out_limit: { limits: 1 } }, 'unknown_number', null],
    ['a number without a direction', { quiet_hours: { from: 3 } }, 'unknown_number', null],
    ['a number that the rule does not take', { reach_out_limit: { limit: 1.5 } }, 'not_allowed', null],
    ['a rule that is off', { contact_first: {} }, 'rule_off', null],
    ['a name of every object', { constructor: { limit: 1 } }, 'unknown_rule', null],
  ] as const)('refuse %s, and all that came with it', (_name, rules, reason, holds) => {
    const { lowering, stored } = start();
    const result = lowering.lower({ server_daily_limit: { limit: 10 }, ...rules });
    expect(result).toMatchObject({ outcome: 'refused', reason, holds });
    expect(lowering.limits().rules.server_daily_limit.limit).toBe(5_000);
    expect(stored()).toBeNull();
  });

  it('refuse to be raised again, even to what the configuration has', () => {
    const { lowering } = start();
    lowering.lower({ reach_out_limit: { limit: 20 } });
    expect(lowering.lower({ reach_out_limit: { limit: 100 } })).toMatchObject({
      reason: 'would_raise',
      holds: 20,
    });
    expect(lowering.lower({ reach_out_limit: { limit: 20 } })).toEqual({ outcome: 'lowered' });
    expect(lowering.lower({ reach_out_limit: { limit: 10 } })).toEqual({ outcome: 'lowered' });
  });

  it('switch a rule on with any number, and hold it to that', () => {
    const { lowering, rules } = start('off');
    expect(lowering.lower({ reach_out_limit: { limit: 900 } })).toMatchObject({ reason: 'rule_off' });
    expect(lowering.lower({ reach_out_limit: { enabled: true, limit: 900 } })).toEqual({
      outcome: 'lowered',
    });
    expect(rules().reach_out_limit).toEqual({ enabled: true, limit: 900 });
    expect(lowering.lower({ reach_out_limit: { limit: 901 } })).toMatchObject({ reason: 'would_raise' });
  });

  it('outlive a restart, and give way to a configuration that is stricter by then', () => {
    const { lowering, again } = start();
    lowering.lower({ reach_out_limit: { limit: 20 } });
    lowering.lower({ unanswered_limit: { limit: 2 } });
    const after = again().limits();
    expect(after).toEqual(lowering.limits());
    expect([after.rules.reach_out_limit.limit, after.rules.unanswered_limit.limit]).toEqual([20, 2]);
    const stricter = again(resolveLimits('balanced', { reach_out_limit: { limit: 5 } })).limits();
    expect(stricter.rules.reach_out_limit.limit).toBe(5);
    expect(stricter.rules.unanswered_limit.limit).toBe(2);
  });

  it.each(['{"reach_out', '[1]', '{"reach_out_limit":{"limit":"20"}}'])(
    'count for nothing where they cannot be read: %s',
    (stored) => {
      expect(start('balanced', stored).lowering.limits()).toEqual(resolveLimits('balanced', {}));
    },
  );

  it('are those of the configuration again when a person says so', () => {
    const { lowering, again } = start();
    const configured = lowering.limits();
    lowering.lower({ reach_out_limit: { limit: 20 } });
    lowering.restore();
    expect(lowering.limits()).toEqual(configured);
    expect(again().limits()).toEqual(configured);
  });
});
