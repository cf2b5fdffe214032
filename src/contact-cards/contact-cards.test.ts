import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatKey, commandId } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import type { ContactCard } from './contact-card.ts';
import { createContactCards, type ContactCards } from './contact-cards.ts';
import { components, unescapeText } from './property.ts';
import { readVCard } from './read-vcard.ts';

const NOBODY: ContactCard = {
  firstName: null,
  middleName: null,
  lastName: null,
  namePrefix: null,
  nameSuffix: null,
  displayName: null,
  nickname: null,
  organization: null,
  department: null,
  title: null,
  phones: [],
  emails: [],
  urls: [],
  addresses: [],
  birthday: null,
  note: null,
  photo: null,
};

let folder: string;
let store: Store;
let clock: ManualClock;
let cards: ContactCards;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-cards-'));
  store = openStore(folder);
  clock = new ManualClock(1_700_000_000_000);
  cards = createContactCards({ store, clock });
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

/** A reader that shares nothing with the room's own: unfolds bytes, then looks for what it is asked for. */
function valuesOf(vcard: string, name: string): string[] {
  const bytes = Buffer.from(vcard, 'utf8').toString('latin1').replaceAll('\r\n ', '');
  return Buffer.from(bytes, 'latin1')
    .toString('utf8')
    .split('\r\n')
    .filter((line) => line.split(/[:;]/u)[0]?.split('.').at(-1) === name)
    .map((line) => line.slice(line.indexOf(':') + 1));
}

/** Undoes the escapes of RFC 2426, sign by sign. */
function plain(value: string): string {
  let text = '';
  for (let index = 0; index < value.length; index += 1) {
    const isEscape = value[index] === '\\';
    const sign = value[isEscape ? (index += 1) : index] ?? '';
    text += isEscape && sign === 'n' ? '\n' : sign;
  }
  return text;
}

const compose = (fields: Partial<ContactCard>) => cards.compose({ ...NOBODY, ...fields });

function convert(lines: readonly string[]): string {
  const result = cards.convert(lines.join('\r\n'));
  if (result.outcome === 'invalid') {
    throw new Error(result.reason);
  }
  return result.card.vcard;
}

describe('a card made of fields', () => {
  it('is a vCard 3.0 as Contacts writes them', () => {
    const { name, vcard } = compose({
      firstName: 'Kim',
      lastName: 'Doe; Smith',
      organization: 'A, B & Co.',
      phones: [
        { value: '+15550001111', label: 'mobile', isPrimary: true },
        { value: '+15550002222', label: null, isPrimary: false },
      ],
      emails: [{ value: 'kim@example.com', label: 'work', isPrimary: false }],
      addresses: [
        { street: '1 Main St', city: 'Town', region: null, postalCode: '123', country: 'US', label: 'home' },
      ],
      birthday: '1990-02-28',
      note: 'first\nsecond',
      photo: { type: 'PNG', bytes: Buffer.from('picture') },
    });
    expect(name).toBe('Kim Doe; Smith.vcf');
    expect(vcard.split('\r\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'N:Doe\\; Smith;Kim;;;',
      'FN:Kim Doe\\; Smith',
      'ORG:A\\, B & Co.',
      'TEL;TYPE=CELL;TYPE=VOICE;TYPE=pref:+15550001111',
      'TEL:+15550002222',
      'EMAIL;TYPE=INTERNET;TYPE=WORK:kim@example.com',
      'ADR;TYPE=HOME:;;1 Main St;Town;;123;US',
      'BDAY:1990-02-28',
      'NOTE:first\\nsecond',
      'PHOTO;ENCODING=b;TYPE=PNG:cGljdHVyZQ==',
      'END:VCARD',
      '',
    ]);
  });

  it('of a company is marked as one, and a slash in its name makes no folder', () => {
    const { name, vcard } = compose({ organization: 'A/C Repair' });
    expect(name).toBe('A-C Repair.vcf');
    expect(valuesOf(vcard, 'FN')).toEqual(['A/C Repair']);
    expect(valuesOf(vcard, 'X-ABSHOWAS')).toEqual(['COMPANY']);
  });

  it('says what it was made of, whatever the fields hold, in lines of 75 octets', () => {
    const words = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 120 });
    const kept = (text: string) => text.replace(/\r\n?/gu, '\n').replace(/(?!\n)[\p{Cc}\u2028\u2029]/gu, '');
    fc.assert(
      fc.property(words, words, words, words, (firstName, lastName, note, url) => {
        const { vcard } = compose({
          firstName,
          lastName,
          note: `${note},;\\n\r\nEND:VCARD`,
          urls: [{ value: url, label: 'home', isPrimary: false }],
        });
        for (const line of vcard.split('\r\n')) {
          expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
        }
        expect(vcard.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/u);
        expect(plain(valuesOf(vcard, 'NOTE')[0] ?? '')).toBe(kept(`${note},;\\n\r\nEND:VCARD`));
        expect(plain(valuesOf(vcard, 'URL')[0] ?? '')).toBe(kept(url));
        const read = readVCard(vcard);
        const name = read.outcome === 'read' ? read.properties.find((one) => one.name === 'N')?.value : null;
        expect(components(name ?? '', ';').map(unescapeText)).toEqual([
          kept(lastName),
          kept(firstName),
          '',
          '',
          '',
        ]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a client's own card", () => {
  it('of version 4.0 becomes one of version 3.0', () => {
    const vcard = convert([
      'BEGIN:VCARD',
      'VERSION:4.0',
      'KIND:individual',
      'FN;PID=1.1:Kim; Doe, Jr.',
      'item1.TEL;VALUE=uri;PREF=1;TYPE="voice,cell":tel:+1-555-000-1111;ext=22',
      'item1.X-ABLabel:Night shift',
      'EMAIL;TYPE=work;PREF=2:kim@example.com',
      'BDAY;VALUE=date-and-or-time:--0412',
      'ANNIVERSARY:20090808T1430-0500',
      'PHOTO:data:image/jpeg;base64,AAAA',
      'LOGO:data:image/svg+xml,<svg/>',
      'ADR;LABEL="1 Main^nTown":;;1 Main\\, back;Town;;;US',
      'CATEGORIES:friends,a\\,b',
      'NOTE:a long no',
      ' te\\nof two lines',
      'GENDER:F',
      'END:VCARD',
    ]);
    expect(vcard.split('\r\n')).toEqual([
      'BEGIN:VCARD',
      'VERSION:3.0',
      'N:;Kim\\; Doe\\, Jr.;;;',
      'FN:Kim\\; Doe\\, Jr.',
      'item1.TEL;TYPE=voice;TYPE=cell;TYPE=pref:+1-555-000-1111\\,22',
      'item1.X-ABLABEL:Night shift',
      'EMAIL;TYPE=work:kim@example.com',
      'BDAY;X-APPLE-OMIT-YEAR=1604:1604-04-12',
      'X-ANNIVERSARY:2009-08-08',
      'PHOTO;ENCODING=b;TYPE=JPEG:AAAA',
      'ADR:;;1 Main\\, back;Town;;;US',
      'CATEGORIES:friends,a\\,b',
      'NOTE:a long note\\nof two lines',
      'END:VCARD',
      '',
    ]);
  });

  it('of version 3.0 comes out as it went in', () => {
    const { vcard } = compose({
      firstName: 'Kim',
      note: 'x'.repeat(300),
      phones: [{ value: '+15550001111', label: 'iphone', isPrimary: true }],
      photo: { type: 'JPEG', bytes: Buffer.alloc(500, 7) },
    });
    expect(convert([vcard])).toBe(vcard);
  });

  it('may be written as old phones do: bare types, single line feeds, a mark at the start', () => {
    const vcard = convert(['\uFEFFBEGIN:vcard\nVERSION:3.0\nfn:Kim\nTEL;CELL:1\n\nEND:VCARD\n']);
    expect(vcard).toContain('TEL;TYPE=CELL:1\r\n');
  });

  it.each([
    ['a text that is none', 'hello', 'Line 1'],
    [
      'two cards',
      'BEGIN:VCARD\nVERSION:3.0\nFN:A\nEND:VCARD\nBEGIN:VCARD\nVERSION:3.0\nFN:B\nEND:VCARD',
      'one card',
    ],
    ['no end', 'BEGIN:VCARD\nVERSION:3.0\nFN:A', 'one card'],
    ['version 2.1', 'BEGIN:VCARD\nVERSION:2.1\nFN:A\nEND:VCARD', 'VERSION'],
    ['no name', 'BEGIN:VCARD\nVERSION:4.0\nTEL:1\nEND:VCARD', 'FN'],
    ['a broken line', 'BEGIN:VCARD\nVERSION:4.0\nFN:A\nSECRET\nEND:VCARD', 'Line 4'],
    ['no end of lines', `BEGIN:VCARD\nVERSION:3.0\n${'FN:A\n'.repeat(600)}END:VCARD`, '500 lines'],
  ])('is refused with the reason, which quotes nothing: %s', (_, text, reason) => {
    const result = cards.convert(text);
    expect(result).toEqual({ outcome: 'invalid', reason: expect.stringContaining(reason) });
    expect(JSON.stringify(result)).not.toContain('SECRET');
  });

  it('names the file by what the card shows: no control characters', () => {
    const result = cards.convert('BEGIN:VCARD\nVERSION:4.0\nFN:Kim\n \u0000/\u2028Lee\\n\nEND:VCARD');
    expect(result).toMatchObject({ outcome: 'converted', card: { name: 'Kim-Lee.vcf' } });
  });

  it('never breaks the reader or the frame, whatever it holds', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc
        .tuple(fc.constantFrom('NOTE', 'TEL;X=', 'N', 'PHOTO', 'BDAY', 'x.ADR'), fc.string())
        .map((both) => both.join(':')),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 10 }), (lines) => {
        const result = cards.convert(
          ['BEGIN:VCARD', 'VERSION:4.0', 'FN:Kim', ...lines, 'END:VCARD'].join('\r\n'),
        );
        fc.pre(result.outcome === 'converted');
        const { vcard } = result.card;
        expect(vcard.match(/^(?:BEGIN|END):VCARD\r$/gmu)).toHaveLength(2);
        expect(cards.convert(vcard)).toEqual({ outcome: 'converted', card: result.card });
      }),
      { numRuns: 2000 },
    );
  });
});

describe('whom a card was sent to', () => {
  it('is known for a day, also after a restart', () => {
    const [kim, ann] = [chatKey('direct', '+15550001111'), chatKey('direct', '+15550002222')];
    cards.remember(kim, commandId('obx_1'));
    const again = createContactCards({ store, clock });
    expect([again.lastShare(kim), again.lastShare(ann)]).toEqual(['obx_1', null]);
    clock.advance(24 * 3_600_000 - 1);
    expect(again.lastShare(kim)).toBe('obx_1');
    again.remember(ann, commandId('obx_2'));
    clock.advance(1);
    expect([again.lastShare(kim), again.lastShare(ann)]).toEqual([null, 'obx_2']);
  });
});
