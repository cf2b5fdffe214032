import { describe, expect, it } from 'vitest';
import { resolveLimits } from './limits.ts';

describe('resolveLimits', () => {
  it('lays single numbers over a preset and leaves the others as they are', () => {
    const limits = resolveLimits('balanced', { new_conversation_limit: { per_day: 10 } });
    expect(limits.rules.new_conversation_limit).toEqual({ enabled: true, per_day: 10, per_hour: 15 });
    expect(limits.rules.reach_out_limit.limit).toBe(200);
  });

  it('switches a rule on that the preset has off, with numbers to go by', () => {
    const limits = resolveLimits('off', { quiet_hours: { enabled: true } });
    expect(limits.rules.quiet_hours).toMatchObject({ enabled: true, from: '21:00', to: '08:00' });
  });

  it('names equal numbers equally, and others otherwise', () => {
    const version = (perDay: number) =>
      resolveLimits('balanced', { new_conversation_limit: { per_day: perDay } }).version;
    expect(version(50)).toBe(resolveLimits('balanced', {}).version);
    expect(version(49)).not.toBe(version(50));
    expect(version(50)).toMatch(/^balanced\/[\da-f]{8}$/u);
  });
});
