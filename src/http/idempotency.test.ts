import { describe, expect, it } from 'vitest';
import { idempotencyKeyOf, requestHash } from './idempotency.ts';

describe('idempotencyKeyOf', () => {
  it('takes the header, the field, or both if they agree', () => {
    expect(idempotencyKeyOf('a', undefined)).toBe('a');
    expect(idempotencyKeyOf(undefined, 'a')).toBe('a');
    expect(idempotencyKeyOf('a', 'a')).toBe('a');
    expect(idempotencyKeyOf(undefined, undefined)).toBeNull();
  });

  it('refuses two that differ', () => {
    expect(() => idempotencyKeyOf('a', 'b')).toThrow(
      expect.objectContaining({ code: 'idempotency_keys_differ' }),
    );
  });

  it.each(['', 'ä', 'x'.repeat(256), ['a', 'b']])('refuses the header %j', (header) => {
    expect(() => idempotencyKeyOf(header, undefined)).toThrow(
      expect.objectContaining({ code: 'invalid_parameter_value' }),
    );
  });
});

describe('requestHash', () => {
  it('is the same for equal requests, whatever the order of their fields and their own name', () => {
    const hash = requestHash({ to: '+15551234567', text: 'hello', expires_at: undefined });
    expect(requestHash({ client_message_id: 'a', text: 'hello', to: '+15551234567' })).toBe(hash);
    expect(hash).toMatch(/^[0-9a-f]{64}$/u);
  });

  it.each([
    [
      { to: 'a', text: 'b' },
      { to: 'b', text: 'a' },
    ],
    [
      { to: 'a', text: '1' },
      { to: 'a', text: 1 },
    ],
    [
      { to: 'a', text: 'b' },
      { to: 'a', text: 'b', from: 'c' },
    ],
    [{ to: ['a', 'b'] }, { to: ['b', 'a'] }],
    [{ to: { a: 1, b: [{ c: null }] } }, { to: { a: 1, b: [{ c: 0 }] } }],
  ])('tells %j from %j', (one, other) => {
    expect(requestHash(one)).not.toBe(requestHash(other));
  });
});
