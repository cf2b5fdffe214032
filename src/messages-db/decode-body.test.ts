import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBody } from '../simulator/index.ts';
import { decodeBody } from './decode-body.ts';

type Piece = string | number | Uint8Array;

const bytes = (...pieces: readonly Piece[]): Buffer =>
  Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === 'number') {
        return Buffer.of(piece);
      }
      return typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece;
    }),
  );
const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

const HEADER = bytes(hex('04 0b'), 'streamtyped', hex('81 e8 03'));
const ROOT = bytes(hex('84 01 40 84 84 84 12'), 'NSAttributedString', hex('00 84 84 08'), 'NSObject');
const STRING = bytes(hex('00 85 92 84 84 84 08'), 'NSString', hex('01 94 84 01 2b'));
const KEY = bytes(hex('84 01 69 01 92 84 96 96 1d'), '__kIMMessagePartAttributeName', hex('86'));
const NUMBER = bytes(hex('92 84 84 84 08'), 'NSNumber', hex('00 84 84 07'), 'NSValue', hex('00 94'));
const DICTIONARY = bytes(hex('92 84 84 84 0c'), 'NSDictionary', hex('00 94'), KEY, NUMBER);

/** A body written by hand, byte by byte, around the given length and bytes of the text. */
function handMade(text: Uint8Array, length: readonly number[], run: readonly number[]): Buffer {
  const string = bytes(STRING, Buffer.from(length), text, 0x86);
  const firstRun = bytes(hex('84 02 69 49 01'), Buffer.from(run), DICTIONARY, hex('84 01 2a 84 99 99 00'));
  return bytes(HEADER, ROOT, string, firstRun, hex('86 86 86'));
}

const decodedText = (body: Uint8Array) => {
  const decoded = decodeBody(body);
  return decoded.outcome === 'decoded' ? decoded.text : decoded.outcome;
};

describe('decoding a body', () => {
  it('reads the 177 bytes of a two-letter message', () => {
    const body = handMade(Buffer.from('hi'), [2], [2]);
    expect(body).toHaveLength(177);
    expect(decodeBody(body)).toEqual({
      outcome: 'decoded',
      text: 'hi',
      runs: [{ start: 0, length: 2, attributes: expect.objectContaining({ part: 0, attachmentGuid: null }) }],
    });
  });

  it('reads lengths of one, two and four bytes', () => {
    for (const length of [1, 127, 128, 129, 255, 256, 9966, 32_767, 32_768, 65_535, 65_536, 70_000]) {
      const text = 'x'.repeat(length);
      expect(decodedText(encodeBody(text))).toBe(text);
    }
    const long = Buffer.alloc(300, 'a');
    expect(decodedText(handMade(long, [0x81, 0x2c, 0x01], [0x81, 0x2c, 0x01]))).toBe(long.toString());
    expect(decodedText(handMade(long, [0x82, 0x2c, 0x01, 0, 0], [0x82, 0x2c, 0x01, 0, 0]))).toBe(
      long.toString(),
    );
    expect(decodedText(handMade(long, [0x87, 0x2c, 0x01, 0, 0, 0, 0, 0, 0], [0x81, 0x2c, 0x01]))).toBe(
      long.toString(),
    );
  });

  it('keeps the text as it was typed', () => {
    const texts = [
      '\nstarts with a line break',
      ' spaces around ',
      'the sign \u2184 has the bytes 86 84 in it',
      '👋🏽 👨‍👩‍👧‍👦 Grüße, 你好, مرحبا',
      '\uFEFFwith a byte-order mark',
      'a+b NSString +\u0002hi iI',
      'tab\tand "quotes"',
    ];
    for (const text of texts) {
      expect(decodedText(encodeBody(text))).toBe(text);
      expect(decodedText(encodeBody(text, { mutable: true }))).toBe(text);
    }
  });

  it('gives back any text, and its attachments in the order of their places', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 400 }),
        fc.uniqueArray(fc.uuid(), { maxLength: 5 }),
        (text, attachments) => {
          fc.pre(text.isWellFormed() && !text.includes('\uFFFC'));
          const decoded = decodeBody(encodeBody(text, { attachments }));
          expect(decoded).toMatchObject({
            outcome: 'decoded',
            text: '\uFFFC'.repeat(attachments.length) + text,
          });
          const runs = decoded.outcome === 'decoded' ? decoded.runs : [];
          expect(runs.flatMap((run) => run.attributes.attachmentGuid ?? [])).toEqual(attachments);
        },
      ),
    );
  });

  it('reads UTF-16 behind its byte-order mark', () => {
    const utf16 = Buffer.from('\uFEFFhé', 'utf16le');
    expect(decodedText(handMade(utf16, [utf16.length], [2]))).toBe('hé');
  });
});

describe('a body that is broken', () => {
  it('yields its text where the stream behind it is cut off', () => {
    const whole = encodeBody('cut off 👋', { attachments: ['A'] });
    const cut = whole.subarray(0, whole.length - 40);
    expect(decodeBody(cut)).toEqual({ outcome: 'salvaged', text: '\uFFFCcut off 👋', runs: [] });
  });

  it('yields a long text whose length takes two or four bytes, line breaks and all', () => {
    for (const text of [`\n${'é'.repeat(200)}\u2184`, 'z'.repeat(40_000)]) {
      const broken = Buffer.concat([encodeBody(text), Buffer.of(0)]);
      expect(decodeBody(broken)).toEqual({ outcome: 'salvaged', text, runs: [] });
    }
  });

  it('fails where the text itself is not all there', () => {
    const whole = encodeBody('x'.repeat(500));
    expect(decodeBody(whole.subarray(0, 300))).toEqual({ outcome: 'failed' });
    expect(decodeBody(Buffer.alloc(0))).toEqual({ outcome: 'failed' });
    expect(decodeBody(Buffer.from('bplist00 NSString'))).toEqual({ outcome: 'failed' });
  });

  it('yields its text whatever single bit outside of it is flipped', () => {
    const texts = [
      'hi',
      'a longer one, 👋 + more',
      'x'.repeat(200),
      `${'é'.repeat(100)}\u2184`,
      '\nz'.repeat(20_000),
    ];
    for (const text of texts) {
      for (const attachments of [[], ['at_0_GUID']]) {
        const whole = encodeBody(text, { attachments, mutable: attachments.length === 0 });
        const said = '\uFFFC'.repeat(attachments.length) + text;
        const at = whole.indexOf(said);
        const outside = [...whole.keys()].filter((byte) => byte < at || byte >= at + Buffer.byteLength(said));
        for (const byte of outside) {
          for (let bit = 0; bit < 8; bit += 1) {
            const broken = Buffer.from(whole);
            broken[byte] = (broken[byte] ?? 0) ^ (1 << bit);
            const decoded = decodeBody(broken);
            expect(decoded.outcome === 'failed' ? null : decoded.text, `bit ${bit} of byte ${byte}`).toBe(
              said,
            );
          }
        }
      }
    }
  });

  it('is not believed where the runs do not cover the text', () => {
    expect(decodeBody(handMade(Buffer.from('hi'), [2], [3])).outcome).toBe('salvaged');
  });

  it('never throws, whatever bytes are changed', () => {
    const whole = encodeBody('some text 👋\n', { attachments: ['at_0_GUID', 'at_1_GUID'] });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(whole.length),
        (changes, end) => {
          const broken = Buffer.from(whole);
          for (const [at, value] of changes) {
            broken[at] = value;
          }
          expect(['decoded', 'salvaged', 'failed']).toContain(decodeBody(broken).outcome);
          expect(['decoded', 'salvaged', 'failed']).toContain(decodeBody(broken.subarray(0, end)).outcome);
        },
      ),
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (tail) => {
        expect(['decoded', 'salvaged', 'failed']).toContain(
          decodeBody(Buffer.concat([HEADER, tail])).outcome,
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('ends on forged streams that refer to themselves or ask for work without bytes', () => {
    const ring = bytes(HEADER, hex('84 01 40 84 84 84 01'), 'A', hex('00 93 86'));
    const structs = bytes(HEADER, hex('84 0e'), '[99999999{a=}]');
    const brackets = '{=['.repeat(16_667).slice(0, 50_000);
    const types = bytes(HEADER, hex('84 82 50 c3 00 00'), brackets);
    const objects = bytes(HEADER, hex('84 01 40'), hex('84 85 92'.repeat(500)));
    for (const forged of [ring, structs, types, objects]) {
      expect(decodeBody(forged)).toEqual({ outcome: 'failed' });
    }
  });
});
