import { describe, expect, it } from 'vitest';
import { encodePlist } from './binary-plist.ts';
import { encodeSummary } from './summary.ts';

describe('encodePlist', () => {
  it('writes objects, offsets and a trailer that points at them', () => {
    const plist = encodePlist({ dictionary: { ust: true } });
    expect(plist.subarray(0, 8).toString()).toBe('bplist00');
    expect(plist.subarray(8, 16).toString('hex')).toBe('d101025375737409');
    const trailer = plist.subarray(-32);
    expect([trailer[6], trailer[7], trailer.readBigUInt64BE(8), trailer.readBigUInt64BE(24)]).toEqual([
      1,
      1,
      3n,
      16n,
    ]);
    expect(plist.subarray(16, 19).toString('hex')).toBe('080b0f');
  });

  it('writes offsets that are as narrow as the table allows', () => {
    const widthOf = (bytes: number) => encodePlist(Buffer.alloc(bytes)).at(-32 + 6);
    expect([200, 300, 70_000].map(widthOf)).toEqual([1, 2, 4]);
  });

  it('writes each kind of value in its own form', () => {
    const hex = (value: Parameters<typeof encodePlist>[0]) => encodePlist(value).subarray(8).toString('hex');
    expect(hex(5)).toMatch(/^1005/u);
    expect(hex(300)).toMatch(/^11012c/u);
    expect(hex(-1)).toMatch(/^13ffffffffffffffff/u);
    expect(hex({ real: 1.5 })).toMatch(/^233ff8000000000000/u);
    expect(hex('é')).toMatch(/^6100e9/u);
    expect(hex(Buffer.alloc(20, 1))).toMatch(/^4f1014(?:01){20}/u);
    expect(hex([true, false])).toMatch(/^a201020908/u);
  });
});

describe('encodeSummary', () => {
  it('lists every version of an edited part, the original first', () => {
    const summary = encodeSummary({
      edits: [
        {
          part: 0,
          revisions: [
            { at: 1_000, text: 'first' },
            { at: 2_000, text: 'second' },
          ],
        },
      ],
    });
    const first = summary.indexOf('first');
    expect(first).toBeGreaterThan(0);
    expect(summary.indexOf('second')).toBeGreaterThan(first);
    expect(summary.includes('ec')).toBe(true);
    expect(summary.includes('otr')).toBe(true);
  });

  it('lists the parts that were taken back', () => {
    expect(encodeSummary({ retracted: [0, 1] }).includes('rp')).toBe(true);
    expect(encodeSummary({}).includes('rp')).toBe(false);
  });
});
