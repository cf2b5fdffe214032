import { describe, expect, it } from 'vitest';
import { mediaTypeOf } from './media-type.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');
const text = (value: string) => Buffer.from(value, 'utf8');

describe('mediaTypeOf', () => {
  it('believes the bytes before anybody', async () => {
    expect(await mediaTypeOf({ head: PNG, declared: 'text/html', name: 'a.txt' })).toBe('image/png');
  });

  it.each([
    ['text/csv; charset=utf-8', 'a.txt', 'text/csv'],
    ['application/octet-stream', 'a.csv', 'text/csv'],
    ['application/x-www-form-urlencoded', 'a.csv', 'text/csv'],
    ['nonsense', 'a.csv', 'text/csv'],
    [null, null, 'application/octet-stream'],
    ['text/html"><script>', null, 'application/octet-stream'],
  ])(
    'takes of bytes that say nothing what was declared (%s), else the name (%s)',
    async (declared, name, is) => {
      expect(await mediaTypeOf({ head: text('a;b\n1;2\n'), declared, name })).toBe(is);
    },
  );

  it('prefers what is told to a container that could hold anything', async () => {
    const svg = text('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>');
    expect(await mediaTypeOf({ head: svg, declared: 'image/svg+xml', name: null })).toBe('image/svg+xml');
    expect(await mediaTypeOf({ head: svg, declared: null, name: 'x.svg' })).toBe('image/svg+xml');
    expect(await mediaTypeOf({ head: svg, declared: null, name: null })).toBe('application/xml');
  });

  it('survives a head that lies about its lengths', async () => {
    for (let length = 0; length < PNG.length; length += 1) {
      await expect(
        mediaTypeOf({ head: PNG.subarray(0, length), declared: null, name: null }),
      ).resolves.toBeTypeOf('string');
    }
  });
});
