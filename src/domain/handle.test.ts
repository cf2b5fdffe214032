import { describe, expect, it } from 'vitest';
import { parseChatGuid } from './chat.ts';
import { canonicalHandle, parseHandle } from './handle.ts';

describe('parseHandle', () => {
  it.each([
    ['+15551234567', '+15551234567'],
    [' +1 (555) 123-4567 ', '+15551234567'],
    ['+44 20.7946.0958', '+442079460958'],
    ['Kim@Example.COM', 'kim@example.com'],
  ])('reads %j as %s', (text, expected) => {
    expect(parseHandle(text)).toBe(expected);
  });

  it.each([
    '',
    '5551234567',
    '+0123456789',
    '+1555',
    'chat123456',
    'kim@',
    '@x.de',
    'a b@c.de',
    'x@y',
    '+1555123456789012345',
  ])('refuses %j', (text) => {
    expect(parseHandle(text)).toBeNull();
  });
});

describe('canonicalHandle', () => {
  it.each([
    ['E:Kim@Example.com', 'kim@example.com'],
    ['P:+15551234567', '+15551234567'],
    ['tel:+15551234567', '+15551234567'],
    ['22395', '22395'],
    ['urn:biz:abc', 'urn:biz:abc'],
  ])('reads %s as %s', (stored, expected) => {
    expect(canonicalHandle(stored)).toBe(expected);
  });
});

describe('parseChatGuid', () => {
  it('names the same chat whatever the prefix', () => {
    expect(parseChatGuid('any;-;+15551234567')).toEqual(parseChatGuid('iMessage;-;+15551234567'));
    expect(parseChatGuid('SMS;+;chat123')).toMatchObject({
      style: 'group',
      identifier: 'chat123',
      key: 'group:chat123',
    });
  });

  it('refuses what is no chat guid', () => {
    expect(parseChatGuid('+15551234567')).toBeNull();
    expect(parseChatGuid('any;*;x')).toBeNull();
  });
});
