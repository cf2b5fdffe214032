import { describe, expect, it } from 'vitest';
import { parseAddress } from './address.ts';

describe('parseAddress', () => {
  it.each([
    ['+15550001111', '+15550001111'],
    [' +1 (555) 000-1111 ', '+15550001111'],
    ['+44 (0)20 7946 0000', '+442079460000'],
    ['+39 02 1234567', '+39021234567'],
    ['+49 151 12345678', '+4915112345678'],
    ['Kim@Example.COM', 'kim@example.com'],
  ])('writes %j as %j', (text, canonical) => {
    expect(parseAddress(text)).toBe(canonical);
  });

  it.each([
    ['a number without a country', '555 000 1111'],
    ['a number that is too short for its country', '+1555'],
    ['one that is too long for it', '+1555123456789'],
    ['a country that does not exist', '+999123456789'],
    ['an extension', '+1 555 000 1111 ext. 5'],
    ['words around a number', 'call +15550001111'],
    ['a URL', 'tel:+15550001111'],
    ['a zero-width space', '+1555\u200B0001111'],
    ['a directional mark', '\u202A+15550001111\u202C'],
    ['a soft hyphen in an e-mail address', 'ki\u00ADm@example.com'],
    ['a soft line break', '+1555000\n1111'],
    ['an e-mail address without a domain', 'kim@'],
    ['a name', 'Kim'],
    ['nothing', ''],
  ])('takes no %s', (_, text) => {
    expect(parseAddress(text)).toBeNull();
  });
});
