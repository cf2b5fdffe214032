import { describe, expect, it } from 'vitest';
import { parseDestination, parseLineRef } from './references.ts';

describe('parseDestination', () => {
  it.each([
    ['+15551234567', { to: 'handle', handle: '+15551234567' }],
    ['+1 (555) 123-4567', { to: 'handle', handle: '+15551234567' }],
    ['Kim@Example.com', { to: 'handle', handle: 'kim@example.com' }],
    ['cht_0123456789abcdef01234567', { to: 'chat_id', id: 'cht_0123456789abcdef01234567' }],
    ['iMessage;-;+15551234567', { to: 'chat_key', key: 'direct:+15551234567' }],
    ['any;-;kim@example.com', { to: 'chat_key', key: 'direct:kim@example.com' }],
    ['any;+;chat1234', { to: 'chat_key', key: 'group:chat1234' }],
    ['SMS;-;12345', { to: 'chat_key', key: 'direct:12345' }],
  ])('reads %s', (text, expected) => {
    expect(parseDestination(text)).toEqual(expected);
  });

  it.each([
    '',
    '5551234567',
    'cht_short',
    'cht_0123456789ABCDEF01234567',
    'kim',
    'WhatsApp;-;+15551234567',
    'any;-;',
  ])('refuses %j', (text) => {
    expect(parseDestination(text)).toBeNull();
  });
});

describe('parseLineRef', () => {
  it('takes an id or an address', () => {
    expect(parseLineRef('ln_0123456789abcdef01234567')).toEqual({
      by: 'id',
      id: 'ln_0123456789abcdef01234567',
    });
    expect(parseLineRef('+15551234567')).toEqual({ by: 'handle', handle: '+15551234567' });
  });

  it('refuses the rest', () => {
    expect(parseLineRef('ln_x')).toBeNull();
    expect(parseLineRef('cht_0123456789abcdef01234567')).toBeNull();
  });
});
