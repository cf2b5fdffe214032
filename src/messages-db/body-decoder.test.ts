import { describe, expect, it } from 'vitest';
import { encodeBody } from '../simulator/index.ts';
import { BodyDecoder } from './body-decoder.ts';
import { decodeBody } from './decode-body.ts';

/** A decoder that has met one plain body of the form. */
function learned(): BodyDecoder {
  const decoder = new BodyDecoder();
  decoder.decode(encodeBody('first'));
  return decoder;
}

describe('the fast path for plain bodies', () => {
  it('knows a form once the decoder has read one of it, whatever the length', () => {
    expect(new BodyDecoder().plain(encodeBody('anything'))).toBeNull();
    for (const text of [
      'a',
      'x'.repeat(127),
      'x'.repeat(128),
      'é👋\u2184\n'.repeat(60),
      'z'.repeat(40_000),
    ]) {
      expect(learned().plain(encodeBody(text))).toEqual({ text, part: 0 });
    }
  });

  it('leaves everything else to the decoder', () => {
    const plain = encodeBody('some text');
    for (const other of [
      encodeBody('photo', { attachments: ['at_0_GUID'] }),
      encodeBody('some text', { mutable: true }),
      plain.subarray(0, -1),
      Buffer.concat([plain, Buffer.of(0)]),
      Buffer.alloc(0),
    ]) {
      expect(learned().plain(other)).toBeNull();
    }
  });

  it('never differs from the decoder, whatever bit is flipped', () => {
    const decoder = learned();
    const whole = encodeBody('text with 👋');
    const flipped = Array.from({ length: 8 * whole.length }, (_, bit) => {
      const broken = Buffer.from(whole);
      broken[bit >> 3] = (broken[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      return broken;
    });
    const taken = flipped.filter((broken) => decoder.plain(broken) !== null);
    expect(taken.length).toBeGreaterThan(0);
    for (const broken of taken) {
      expect(decodeBody(broken)).toMatchObject({ outcome: 'decoded', text: decoder.plain(broken)?.text });
    }
  });
});
