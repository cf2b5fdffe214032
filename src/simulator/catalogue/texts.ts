import { encodeRuns, run } from '../attributed-body.ts';
import type { CataloguePen } from './pen.ts';

/** Texts whose every character has to arrive, and bodies that are broken. */
export function writeTexts(pen: CataloguePen): void {
  const exact: Readonly<Record<string, string>> = {
    'a plain text': 'Hello there',
    'a text of 127 bytes': 'x'.repeat(127),
    'a text of 128 bytes': 'y'.repeat(128),
    'a text of 255 bytes': 'z'.repeat(255),
    'a text of 32,768 bytes': 'w'.repeat(32_768),
    'a text of 40,000 bytes with a four-byte length': 'Grüße\n'.repeat(5000),
    'U+2184, whose bytes look like an end': 'left \u{2184} right',
    'a leading newline': '\n\nafter two newlines',
    'trailing white space': 'before  \n ',
    'an emoji with joiners': 'family 👩‍👩‍👧‍👦 and flag 🏳️‍🌈',
    'a text from right to left': 'שלום עולם و\u{200F}مرحبا',
    'a plus sign and a control character': 'left\u{1}+right',
    'a text of one character': '?',
  };
  for (const [name, text] of Object.entries(exact)) {
    pen.row(
      name,
      { body: text },
      {
        kind: { kind: 'text' },
        text,
        parts: [{ type: 'text', index: 0, text, runs: [] }],
      },
    );
  }
  pen.row(
    'an own text',
    { from: null, body: 'Hi Kim' },
    { text: 'Hi Kim', delivery: { isSent: true, error: 0 } },
  );
  pen.row('a text in a group', { chat: pen.crew, body: 'Hi all' }, { text: 'Hi all' });
  pen.row(
    'a text with a subject',
    { body: 'the text', columns: { subject: 'the subject' } },
    {
      subject: 'the subject',
      text: 'the text',
    },
  );
  pen.row(
    'text and no body',
    { body: null, columns: { text: 'only the column' } },
    {
      text: 'only the column',
      bodyStatus: 'text',
      kind: { kind: 'text' },
    },
  );
  pen.row('neither text nor body', { body: null }, { text: null, bodyStatus: 'none', parts: [] });
  writeBroken(pen);
}

function writeBroken(pen: CataloguePen): void {
  const whole = encodeRuns([run(0, 'half of it is gone')]);
  pen.row(
    'a body cut off behind its text',
    { columns: { attributedBody: whole.subarray(0, 110) } },
    {
      text: 'half of it is gone',
      bodyStatus: 'salvaged',
    },
  );
  pen.row(
    'a body of noise',
    { columns: { attributedBody: Buffer.from('ff0102030405060708', 'hex') } },
    {
      text: null,
      bodyStatus: 'undecodable',
      parts: [],
    },
  );
  pen.row(
    'a body cut off within its text',
    { columns: { attributedBody: whole.subarray(0, 85) } },
    {
      bodyStatus: 'undecodable',
      text: null,
    },
  );
  pen.row(
    'a body of noise beside a text',
    { columns: { text: 'the column is sound', attributedBody: Buffer.from('040bffff', 'hex') } },
    { text: 'the column is sound' },
  );
  pen.row('an empty body', { columns: { attributedBody: Buffer.alloc(0) } }, { text: null, parts: [] });
  pen.row(
    'a body in UTF-16 with a byte-order mark',
    { columns: { attributedBody: Buffer.from('\u{FEFF}wide 🎂', 'utf16le') } },
    { text: 'wide 🎂' },
  );
}
