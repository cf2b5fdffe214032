import { attachmentRun, run } from '../attributed-body.ts';
import { encodeDetected } from '../payloads.ts';
import type { StreamValue } from '../stream-values.ts';
import { KIM, type CataloguePen } from './pen.ts';

const PLAIN = { styles: [], effect: null, mention: null, link: null, oneTimeCode: null, detected: null };

const EFFECTS: Readonly<Record<number, string | number>> = {
  4: 'ripple',
  5: 'big',
  6: 'bloom',
  8: 'nod',
  9: 'shake',
  10: 'jitter',
  11: 'small',
  12: 'explode',
  99: 99,
};

const DETECTED = [
  ['__kIMPhoneNumberAttributeName', 'PhoneNumber', 'phone_number', '+1 555 010 2030'],
  ['__kIMAddressAttributeName', 'FullAddress', 'address', '1 Infinite Loop, Cupertino'],
  ['__kIMMoneyAttributeName', 'Money', 'money', '$ 12.50'],
  ['__kIMCalendarEventAttributeName', 'DateTime', 'calendar_event', 'tomorrow at 7 pm'],
  ['__kIMDataDetectedAttributeName', 'TrackingNumber', 'other', '1Z 999 AA1 01 2345 6784'],
] as const;

/** Texts whose stretches carry something: styles, effects, mentions, links, codes, and what the detectors found. */
export function writeRuns(pen: CataloguePen): void {
  const one = (
    name: string,
    attributes: Readonly<Record<string, StreamValue>>,
    found: object,
    word = 'word',
  ) => {
    pen.row(
      name,
      { body: [run(0, 'see '), run(0, word, attributes), run(0, ' there')] },
      {
        text: `see ${word} there`,
        parts: [
          {
            type: 'text',
            index: 0,
            text: `see ${word} there`,
            runs: [{ ...PLAIN, start: 4, length: word.length, ...found }],
          },
        ],
      },
    );
  };
  for (const style of ['Bold', 'Italic', 'Underline', 'Strikethrough']) {
    one(`text in ${style}`, { [`__kIMText${style}AttributeName`]: 1 }, { styles: [style.toLowerCase()] });
  }
  for (const [number, effect] of Object.entries(EFFECTS)) {
    one(`text with effect ${number}`, { __kIMTextEffectAttributeName: Number(number) }, { effect });
  }
  for (const [attribute, type, word, matched] of DETECTED) {
    const found = { detected: { type: word, text: matched } };
    one(`a detected ${word}`, { [attribute]: encodeDetected(type, matched) }, found, matched);
  }
  one(
    'a detected number in a broken archive',
    { __kIMPhoneNumberAttributeName: Buffer.from('bplist00no') },
    {
      detected: { type: 'phone_number', text: null },
    },
  );
  one('a mention', { __kIMMentionConfirmedMention: KIM }, { mention: KIM }, 'Kim');
  one(
    'a link',
    { __kIMLinkAttributeName: { url: 'https://example.com/a?b=c' } },
    { link: 'https://example.com/a?b=c' },
  );
  one(
    'a link to a number',
    { __kIMLinkAttributeName: { url: 'tel:+15550001001' } },
    { link: 'tel:+15550001001' },
  );
  one(
    'a link relative to another',
    { __kIMLinkAttributeName: { url: 'c', base: 'https://example.com/a/b' } },
    {
      link: 'https://example.com/a/c',
    },
  );
  one(
    'a one-time code',
    { __kIMOneTimeCodeAttributeName: { dictionary: { code: '481516', displayCode: '481-516' } } },
    { oneTimeCode: '481516' },
    '481-516',
  );
  writePlumbing(pen);
  writeSharedRuns(pen);
}

function writePlumbing(pen: CataloguePen): void {
  const odd: Readonly<Record<string, StreamValue>> = {
    'a 64-bit number among the attributes': { int64: -9_000_000_000n },
    'a double among the attributes': { double: 2.5 },
    'a float among the attributes': { float: 0.25 },
    'a whole double among the attributes': { double: 7 },
    'a flag among the attributes': { flag: true },
    'a date among the attributes': { date: 741_614_400.5 },
    'a list among the attributes': ['a', 1, { dictionary: { deep: [{ nothing: true }] } }],
    'a mutable list among the attributes': { mutableArray: ['a', { mutableString: 'b' }] },
    'a set among the attributes': { set: ['a', 2] },
    'a mutable dictionary among the attributes': {
      mutableDictionary: { k: { mutableData: Buffer.alloc(300, 1) } },
    },
    'nothing among the attributes': null,
  };
  for (const [name, value] of Object.entries(odd)) {
    pen.row(
      name,
      { body: [run(0, 'plain', { somethingNew: value })] },
      {
        text: 'plain',
        parts: [{ type: 'text', index: 0, text: 'plain' }],
      },
    );
  }
  pen.row(
    'formatting that was taken off again',
    { body: [run(0, 'plain', { __kIMTextBoldAttributeName: 0 })] },
    { parts: [{ type: 'text', index: 0, text: 'plain', runs: [] }] },
  );
  pen.row(
    'a writing direction, which says nothing',
    { body: [run(0, 'plain', { __kIMBaseWritingDirectionAttributeName: -1 })] },
    { parts: [{ type: 'text', index: 0, text: 'plain', runs: [] }] },
  );
}

function writeSharedRuns(pen: CataloguePen): void {
  const bold = { __kIMTextBoldAttributeName: 1 };
  const boldRun = (start: number) => ({ ...PLAIN, start, length: 1, styles: ['bold'] });
  pen.row(
    'stretches that share their attributes',
    { body: [run(0, 'a', bold), run(0, '👋b'), run(0, 'c', bold), run(0, 'd')] },
    { text: 'a👋bcd', parts: [{ type: 'text', index: 0, text: 'a👋bcd', runs: [boldRun(0), boldRun(4)] }] },
  );
  pen.row(
    'two styles at once',
    { body: [run(0, 'ab', { ...bold, __kIMTextItalicAttributeName: 1 })] },
    { parts: [{ runs: [{ start: 0, length: 2, styles: ['bold', 'italic'] }] }] },
  );
  pen.row(
    'an attachment between two texts',
    {
      body: [run(0, 'before '), attachmentRun(1, 'at_1_BETWEEN'), run(2, ' after', bold)],
      attachments: [{ guid: 'at_1_BETWEEN', name: 'between.png', columns: { mime_type: 'image/png' } }],
      columns: { cache_has_attachments: 1 },
    },
    {
      parts: [
        { type: 'text', index: 0, text: 'before ', runs: [] },
        { type: 'attachment', index: 1, guid: 'at_1_BETWEEN', isEmoji: false },
        {
          type: 'text',
          index: 2,
          text: ' after',
          runs: [{ ...PLAIN, start: 0, length: 6, styles: ['bold'] }],
        },
      ],
      attachments: [{ guid: 'at_1_BETWEEN' }],
    },
  );
  pen.row(
    'an attachment between two texts that would run together',
    {
      body: [run(0, 'before'), attachmentRun(1, 'at_1_CLOSE'), run(2, 'after')],
      attachments: [{ guid: 'at_1_CLOSE', name: 'close.png' }],
    },
    { text: 'before\nafter', parts: [{ text: 'before' }, { guid: 'at_1_CLOSE' }, { text: 'after' }] },
  );
  pen.row(
    'a U+FFFC that is none of the attachments',
    {
      body: [attachmentRun(0, 'at_0_REAL'), run(1, 'a\u{FFFC}b')],
      attachments: [{ guid: 'at_0_REAL', name: 'real.png' }],
    },
    {
      text: 'a\u{FFFC}b',
      parts: [
        { type: 'attachment', index: 0, guid: 'at_0_REAL' },
        { type: 'text', index: 1, text: 'a\u{FFFC}b' },
      ],
    },
  );
  pen.row(
    'attachments whose rows stand in another order',
    {
      body: [attachmentRun(0, 'at_0_ORDER'), attachmentRun(1, 'at_1_ORDER')],
      attachments: [
        { guid: 'at_1_ORDER', name: 'second.png' },
        { guid: 'at_0_ORDER', name: 'first.png' },
      ],
    },
    {
      text: null,
      parts: [
        { type: 'attachment', index: 0, guid: 'at_0_ORDER' },
        { type: 'attachment', index: 1, guid: 'at_1_ORDER' },
      ],
    },
  );
  pen.row(
    'an inline picture that stands for a letter',
    {
      body: [
        run(0, 'so '),
        attachmentRun(0, 'at_0_GENMOJI', { __kIMEmojiImageAttributeName: 1 }),
        run(0, '!'),
      ],
    },
    {
      parts: [
        { type: 'text', index: 0, text: 'so ' },
        { type: 'attachment', index: 0, guid: 'at_0_GENMOJI', isEmoji: true },
        { type: 'text', index: 0, text: '!' },
      ],
    },
  );
}
