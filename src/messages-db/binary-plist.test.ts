import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeBody } from '../simulator/index.ts';
import { readBinaryPlist } from './binary-plist.ts';
import { readSummaryInfo } from './summary-info.ts';

// Written by Python's plistlib, a writer that shares nothing with this reader.
const UNTOUCHED =
  '62706c6973743030d101025375737409080b0f0000000000000101000000000000000300000000000000000000000000000010';
const EDITED =
  '62706c6973743030d501020304050607081b1c53616d6353757374526563526570536f7472100009d2090a0b1751305131a30c1114d20d0e0f10516451742341c4dc93804000004161d20d0e12132341c4dc939e2000004162d20d0e15162341c4dc93bc0000004163a118d20d0e191a233ff00000000000004178a106d1091dd21e1f0620526c6f526c6510050813171b1e212527282d2f31353a3c3e47494e57595e67696b70797b7d8085888b000000000000010100000000000000210000000000000000000000000000008d';
const UNSENT =
  '62706c6973743030d2010203045375737452727009a3050607100210001001080d111415191b1d000000000000010100000000000000080000000000000000000000000000001f';
const EVERYTHING =
  '62706c6973743030d90102030405060708090a121314151617181953696e74547265616c53756e695561736369695464617461526e6f546461746553756964546c697374a70b0c0d0e0f1011100010ff110100120001000013ffffffffffffffff1300000100000000001400000000000000008000000000000000233ff8000000000000680047007200fc00df00650020d83ddc4b5f10147878787878787878787878787878787878787878420001083340f51800000000008007a0081b1f24282e33363b3f444c4e505358616a7b8495acafb0b9bb0000000000000101000000000000001a000000000000000000000000000000bc';

const hex = (digits: string) => Buffer.from(digits.replaceAll(' ', ''), 'hex');

describe('a binary property list', () => {
  it('is read with every type that it can hold', () => {
    expect(readBinaryPlist(hex(EVERYTHING))?.root).toEqual(
      new Map<string, unknown>([
        ['int', [0, 255, 256, 65_536, -1, 2 ** 40, 2n ** 63n]],
        ['real', 1.5],
        ['uni', 'Grüße 👋'],
        ['ascii', 'x'.repeat(20)],
        ['data', Buffer.of(0, 1)],
        ['no', false],
        ['date', { date: 86_400 }],
        ['uid', { uid: 7 }],
        ['list', []],
      ]),
    );
  });

  it('is refused in its XML form, cut short, or with a cycle in it', () => {
    const trailer = (tableAt: string) =>
      `000000000000 01 01 0000000000000001 0000000000000000 00000000000000${tableAt}`;
    const cycle = hex(`62706c6973743030 a100 08 ${trailer('0a')}`);
    const valid = hex(`62706c6973743030 a0 08 ${trailer('09')}`);
    expect(readBinaryPlist(valid)).toEqual({ root: [] });
    expect(readBinaryPlist(cycle)).toBeNull();
    expect(readBinaryPlist(Buffer.from('<?xml version="1.0"?><plist version="1.0"/>'))).toBeNull();
    expect(readBinaryPlist(hex(EDITED).subarray(1))).toBeNull();
    expect(readBinaryPlist(Buffer.alloc(0))).toBeNull();
  });

  it('never throws, whatever bytes are changed', () => {
    const whole = hex(EVERYTHING);
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 6 }),
        fc.nat(whole.length),
        (changes, start) => {
          const broken = Buffer.from(whole);
          for (const [at, value] of changes) {
            broken[at] = value;
          }
          expect(() => readBinaryPlist(broken)).not.toThrow();
          expect(() => readBinaryPlist(broken.subarray(start))).not.toThrow();
        },
      ),
      { numRuns: 3000 },
    );
  });
});

describe('message_summary_info', () => {
  it('tells nothing of a message that was left as it was', () => {
    expect(readSummaryInfo(hex(UNTOUCHED))).toEqual({
      revisions: 0,
      lastRevisionAt: null,
      history: [],
      unsentParts: [],
      translations: [],
    });
  });

  it('counts the revisions of the part that was edited most, the original included', () => {
    expect(readSummaryInfo(hex(EDITED))).toMatchObject({
      revisions: 3,
      lastRevisionAt: 978_307_200_000 + 700_000_120_000,
      unsentParts: [],
    });
  });

  it('lists the parts that were taken back', () => {
    expect(readSummaryInfo(hex(UNSENT))).toMatchObject({
      revisions: 0,
      lastRevisionAt: null,
      unsentParts: [0, 1, 2],
    });
  });

  it('is read in its XML form, too', () => {
    const xml = `<?xml version="1.0" encoding="UTF-8"?>
      <!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
      <plist version="1.0"><dict>
        <key>ec</key><dict><key>0</key><array>
          <dict><key>d</key><real>700000000.5</real><key>t</key><data>${encodeBody('one').toString('base64')}</data></dict>
          <dict><key>d</key><real>700000060</real><key>t</key><data>AAAA</data></dict>
        </array></dict>
        <key>rp</key><array><integer>1</integer></array><key>ust</key><true/>
      </dict></plist>`;
    expect(readSummaryInfo(Buffer.from(xml))).toEqual({
      revisions: 2,
      lastRevisionAt: 978_307_200_000 + 700_000_060_000,
      history: [
        {
          part: 0,
          revisions: [
            { at: 978_307_200_000 + 700_000_000_500, text: 'one' },
            { at: 978_307_200_000 + 700_000_060_000, text: null },
          ],
        },
      ],
      unsentParts: [1],
      translations: [],
    });
  });

  it('is nothing where it is neither', () => {
    for (const broken of ['<?xml version="1.0"?>', '<plist><dict><key>a</key>', '<plist>'.repeat(9000), '']) {
      expect(readSummaryInfo(Buffer.from(broken))).toBeNull();
    }
  });
});
