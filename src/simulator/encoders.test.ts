import { describe, expect, it } from 'vitest';
import { encodeRuns, run } from './attributed-body.ts';
import { encodePlist } from './binary-plist.ts';
import { encodeBody } from './body.ts';
import { encodeArchive } from './keyed-archive.ts';
import { pollUrl } from './payloads.ts';
import { encodeXmlPlist } from './xml-plist.ts';

const hexOf = (value: Buffer) => value.toString('hex');

describe('encodeRuns', () => {
  it('writes a plain text as encodeBody does', () => {
    expect(hexOf(encodeRuns([run(0, 'hi 👋')]))).toBe(hexOf(encodeBody('hi 👋')));
    expect(hexOf(encodeRuns([run(0, 'hi')], { mutable: true }))).toBe(
      hexOf(encodeBody('hi', { mutable: true })),
    );
  });

  it('writes a number beyond 32 bits behind 0x87, little-endian', () => {
    expect(hexOf(encodeRuns([run(0, 'x', { n: { int64: -9_000_000_000n } })]))).toContain(
      '8700e68ee7fdffffff',
    );
    expect(hexOf(encodeRuns([run(0, 'x', { n: { int64: 5n } })]))).not.toContain('87');
  });

  it('writes a double with a fraction behind 0x83 and a whole one as an integer', () => {
    expect(hexOf(encodeRuns([run(0, 'x', { n: { double: 1.5 } })]))).toContain('83000000000000f83f');
    expect(hexOf(encodeRuns([run(0, 'x', { n: { double: 7 } })]))).not.toContain('83');
  });

  it('writes equal attributes once and the same key as the same object', () => {
    const body = encodeRuns([run(0, 'a', { b: 1 }), run(0, 'c'), run(0, 'd', { b: 1 })]).toString('latin1');
    expect(body.split('__kIMMessagePartAttributeName')).toHaveLength(2);
    // The third run names the first dictionary, and nothing but the end follows.
    expect(body.endsWith('\u0001\u0001\u0086')).toBe(true);
  });

  it('writes data with its length in its type', () => {
    const body = encodeRuns([run(0, 'x', { d: Buffer.from('abc') })]);
    expect(body.includes('[3c]abc')).toBe(true);
  });
});

describe('encodeArchive', () => {
  it('puts $null first, stores a class once, and names its root', () => {
    const xml = encodeArchive([{ dictionary: { a: 'b' } }, { dictionary: { a: 'b' } }], {
      top: 'dd-result',
      form: 'xml',
    }).toString();
    expect(xml).toContain('<key>$objects</key><array><string>$null</string>');
    expect(xml.split('<string>NSDictionary</string>')).toHaveLength(3);
    expect(xml).toContain('<key>dd-result</key><dict><key>CF$UID</key><integer>1</integer></dict>');
  });
});

describe('property lists', () => {
  it('writes a uid as one byte behind 0x80', () => {
    expect(hexOf(encodePlist({ uid: 7 })).slice(16, 20)).toBe('8007');
  });

  it('escapes text in XML', () => {
    expect(encodeXmlPlist({ dictionary: { 'a<b': 'c&d' } }).toString()).toContain(
      '<key>a&lt;b</key><string>c&amp;d</string>',
    );
  });
});

describe('pollUrl', () => {
  it('carries the item as base64url of its JSON', () => {
    const url = pollUrl({ title: 'Ü?' });
    expect(url).toMatch(/^data:,[\w-]+\?src=p&c=4$/u);
    expect(JSON.parse(Buffer.from(url.slice(6, url.indexOf('?')), 'base64url').toString())).toEqual({
      version: 1,
      item: { title: 'Ü?' },
    });
  });
});
