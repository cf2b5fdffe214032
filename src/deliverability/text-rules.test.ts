import { describe, expect, it } from 'vitest';
import { keywordOf } from './keywords.ts';
import { hasLink } from './links.ts';
import { maskText, textDigest } from './masked-text.ts';
import { PRESETS } from './presets.ts';

const words = PRESETS.balanced.rules.recipient_opted_out;

describe('keywordOf', () => {
  it.each([
    'STOP',
    'stop',
    ' Stop. ',
    '“Unsubscribe”',
    'OPT OUT',
    'opt-out',
    'OptOut!',
    'cancel',
    'END',
    'quit',
  ])('takes %j as a stop', (text) => {
    expect(keywordOf(text, words)).toBe('stop');
  });
  it.each(['START', 'unstop', 'opt in'])('takes %j as a start', (text) => {
    expect(keywordOf(text, words)).toBe('start');
  });
  it.each(['Stop by at eight?', "please don't stop", 'the end', '', '!', null])(
    'takes %j as neither',
    (text) => {
      expect(keywordOf(text, words)).toBeNull();
    },
  );
  it('knows the words that are configured', () => {
    expect(keywordOf('HALT', { ...words, stop_words: ['halt'] })).toBe('stop');
  });
});

describe('hasLink', () => {
  it.each([
    'see https://example.com/x',
    'www.example.org',
    'go to example.com now',
    'shop.example.co.uk!',
    'tel:+15550001111',
    'sms:+15550001111&body=hi',
    'MAILTO:kim@example.net',
    '(example.io)',
  ])('sees the link in %j', (text) => {
    expect(hasLink(text)).toBe(true);
  });
  it.each([
    'See you at 8.30',
    'Hi.There you are',
    'v2.0 is out',
    'kim@example.com',
    'That was it...',
    'a.m. or p.m.?',
  ])('sees none in %j', (text) => {
    expect(hasLink(text)).toBe(false);
  });
});

describe('masked texts', () => {
  const key = Buffer.alloc(32, 7);
  it('are one text, whatever name, number or link a template puts in', () => {
    expect(maskText('Hi Anna,  your order 4711 is ready: https://example.com/a')).toBe(
      maskText('hi Bob, your order 12 is ready: https://example.com/b'),
    );
    expect(maskText('Anna, are you coming?')).toBe(maskText('Bob, are you coming?'));
  });
  it('differ where the words do', () => {
    expect(maskText('Your order is ready')).not.toBe(maskText('Your order is late'));
  });
  it('have one digest under one key and another under another; no text has none', () => {
    expect(textDigest(key, 'Order 1')).toBe(textDigest(key, 'Order 2'));
    expect(textDigest(key, 'Order 1')).not.toBe(textDigest(Buffer.alloc(32, 8), 'Order 1'));
    expect(textDigest(key, null)).toBeNull();
    expect(textDigest(key, '  ')).toBeNull();
  });
});
