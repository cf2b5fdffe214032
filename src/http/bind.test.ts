import { describe, expect, it } from 'vitest';
import { checkBind, isLoopback, urlOf } from './bind.ts';

describe('isLoopback', () => {
  it.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost', '::ffff:127.0.0.1'])('knows %s', (address) => {
    expect(isLoopback(address)).toBe(true);
  });

  it.each([
    '0.0.0.0',
    '::',
    '192.168.1.4',
    '127.0.0.1.example.com',
    'localhost.example.com',
    '',
    '::ffff:10.0.0.1',
  ])('is not taken in by %j', (address) => {
    expect(isLoopback(address)).toBe(false);
  });
});

describe('checkBind', () => {
  it('refuses an address that others reach, unless it is allowed in plain', () => {
    const refused = expect.objectContaining({ code: 'http_bind_refused' });
    expect(() => checkBind({ host: '0.0.0.0', tls: null, allowPlain: false })).toThrow(refused);
    expect(() => checkBind({ host: 'mini.local', tls: null, allowPlain: false })).toThrow(refused);
    expect(() => checkBind({ host: '0.0.0.0', tls: null, allowPlain: true })).not.toThrow();
    expect(() => checkBind({ host: '0.0.0.0', tls: {}, allowPlain: false })).not.toThrow();
    expect(() => checkBind({ host: '::1', tls: null, allowPlain: false })).not.toThrow();
  });
});

describe('urlOf', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:5463'],
    ['localhost', 'http://localhost:5463'],
    ['0.0.0.0', 'http://127.0.0.1:5463'],
    ['::', 'http://[::1]:5463'],
    ['::1', 'http://[::1]:5463'],
  ])('of %s is %s', (host, url) => {
    expect(urlOf({ host, tls: null }, 5463)).toBe(url);
    expect(urlOf({ host, tls: {} }, 5463)).toBe(url.replace('http', 'https'));
  });
});
