import { describe, expect, it } from 'vitest';
import { bodyParts, encodeBody } from './body.ts';

/** The worked example of the format's description: 177 bytes that say "hi". */
const HI =
  '040b73747265616d747970656481e803840140848484124e5341747472696275746564537472696e67008484084e534f626a656374008592' +
  '848484084e53537472696e67019484012b02686986840269490102928484840c4e5344696374696f6e617279009484016901928496961d5f' +
  '5f6b494d4d657373616765506172744174747269627574654e616d658692848484084e534e756d626572008484074e5356616c7565009484' +
  '012a84999900868686';

/** The bytes that stand right before the text: its length in the form that the format wants for it. */
function lengthForm(text: string): string {
  const body = encodeBody(text);
  const at = body.indexOf(Buffer.from(text, 'utf8'));
  const sign = body.lastIndexOf(Buffer.from('84012b', 'hex'), at);
  return body.subarray(sign + 3, at).toString('hex');
}

describe('encodeBody', () => {
  it('writes the worked example byte for byte', () => {
    expect(encodeBody('hi').toString('hex')).toBe(HI);
  });

  it.each([
    { bytes: 1, form: '01' },
    { bytes: 127, form: '7f' },
    { bytes: 128, form: '818000' },
    { bytes: 255, form: '81ff00' },
    { bytes: 32_767, form: '81ff7f' },
    { bytes: 32_768, form: '8200800000' },
    { bytes: 70_000, form: '8270110100' },
  ])('writes the length of a text of $bytes bytes as $form', ({ bytes, form }) => {
    expect(lengthForm('x'.repeat(bytes))).toBe(form);
  });

  it('counts the text in UTF-8 bytes and its run in UTF-16 units', () => {
    const body = encodeBody('🎂é');
    expect(lengthForm('🎂é')).toBe('06');
    expect(body.includes(Buffer.from('8402694901', 'hex').toString('latin1'), 0, 'latin1')).toBe(true);
    expect(body[body.indexOf(Buffer.from('84026949', 'hex')) + 5]).toBe(3);
  });

  it('gives an attachment a part and a run of its own with its guid', () => {
    const body = encodeBody('look', { attachments: ['at_0_GUID'] });
    expect(body.includes('at_0_GUID')).toBe(true);
    expect(body.includes('__kIMFileTransferGUIDAttributeName')).toBe(true);
    expect(body.includes('\u{FFFC}look')).toBe(true);
  });

  it('leaves out the parts that were taken back', () => {
    const body = encodeBody('look', { attachments: ['at_0_GUID'], withoutParts: [0] });
    expect(body.includes('at_0_GUID')).toBe(false);
    expect(body.includes('look')).toBe(true);
  });
});

describe('bodyParts', () => {
  it('sets attachments without a place of their own before the text, and splits the text around the others', () => {
    expect(bodyParts('a\u{FFFC}b', ['x', 'y']).map((part) => part.attachment ?? part.text)).toEqual([
      'x',
      'a',
      'y',
      'b',
    ]);
  });
});
