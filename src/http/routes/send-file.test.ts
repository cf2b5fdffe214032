import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { outboxItemSchema } from '../../contract/index.ts';
import { instant } from '../../domain/index.ts';
import { ManualClock } from '../../runtime/index.ts';
import { ALIAS, CONTACT, createBench, sampleChat, type Bench } from '../test-bench.ts';

/** The files that commands were accepted for, in their order. */
const sentFiles = () => bench.rooms.accepted.flatMap(({ files }) => files);

const clock = new ManualClock(1_700_000_000_000);
const MP3 = Buffer.concat([
  Buffer.from('ID3\x04\0\0\0\0\0\0'),
  Buffer.from('fffb9064', 'hex'),
  Buffer.alloc(500),
]);
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');

let bench: Bench;
let authorization: string;
let url: string;

beforeEach(() => open());

async function open(options: Parameters<typeof createBench>[0] = {}): Promise<void> {
  bench = createBench({ clock, ...options });
  authorization = `Bearer ${bench.keys.create({ name: 'all' }).key}`;
  ({ url } = await bench.http.listen());
}
afterEach(() => bench.close());

async function post(path: string, body: object, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: answer.status, headers: answer.headers, body: z.any().parse(await answer.json()) };
}

async function upload(bytes: Uint8Array, name = 'a'): Promise<string> {
  const result = await bench.uploads.receive({
    keyId: bench.keys.verify(authorization.replace('Bearer ', ''))?.keyId ?? '',
    name,
    declaredType: null,
    announcedBytes: bytes.length,
    content: (async function* () {
      yield bytes;
    })(),
  });
  return result.outcome === 'stored' ? result.upload.id : result.reason;
}

/** The last file that was queued, as it will go out. */
function lastSent(): { name: string; text: string } {
  const { id, name } = bench.uploads.find(sentFiles().at(-1) ?? '') ?? { id: '', name: '' };
  return { name, text: readFileSync(join(bench.folder, 'uploads', id, name), 'utf8') };
}

describe('POST /v1/audio-messages', () => {
  it('queues the sound', async () => {
    const sound = await upload(MP3, 'la.mp3');
    const answer = await post('/v1/audio-messages', { to: CONTACT, audio_message: sound });
    expect(answer.status).toBe(201);
    expect(outboxItemSchema.parse(answer.body)).toMatchObject({ to: CONTACT, status: 'pending' });
    expect(sentFiles()).toEqual([sound]);
  });

  it('sends nothing more when it is repeated under its name', async () => {
    const body = { to: CONTACT, audio_message: await upload(MP3), client_message_id: 'one' };
    const first = await post('/v1/audio-messages', body);
    const second = await post('/v1/audio-messages', body);
    expect([second.status, second.body.id]).toEqual([201, first.body.id]);
    expect(second.headers.get('idempotency-replayed')).toBe('true');
    expect(sentFiles()).toHaveLength(1);
    const other = await post('/v1/audio-messages', { ...body, to: '+15550002222' });
    expect([other.status, other.body.error.code]).toEqual([422, 'idempotency_key_reused']);
  });

  it.each([
    [
      'a file that is not there',
      async () => ({ audio_message: 'file_01KAHV6MZ8T5N2Q4X7C9D1E3FG' }),
      'file_not_found',
    ],
    ['a picture', async () => ({ audio_message: await upload(PNG) }), 'invalid_parameter_value'],
    [
      'an inline reply',
      async () => ({ audio_message: await upload(MP3), reply_to: 'msg_1' }),
      'capability_unavailable',
    ],
    [
      'a chat that is not there',
      async () => ({ audio_message: await upload(MP3), to: 'any;+;chat1' }),
      'chat_not_found',
    ],
    ['another line', async () => ({ audio_message: await upload(MP3), from: ALIAS }), 'line_not_sendable'],
    [
      'a time that has passed',
      async () => ({ audio_message: await upload(MP3), expires_at: 1 }),
      'invalid_parameter_value',
    ],
    ['nothing', async () => ({}), 'missing_required_parameter'],
  ])('refuses %s', async (_, fields, code) => {
    const answer = await post('/v1/audio-messages', { to: CONTACT, ...(await fields()) });
    expect(answer.body.error.code).toBe(code);
    expect(sentFiles()).toEqual([]);
  });

  it("knows nothing of another key's file", async () => {
    const sound = await upload(MP3);
    authorization = `Bearer ${bench.keys.create({ name: 'other' }).key}`;
    const answer = await post('/v1/audio-messages', { to: CONTACT, audio_message: sound });
    expect(answer.body.error.code).toBe('file_not_found');
  });
});

describe('POST /v1/contact-cards', () => {
  const CARD = { first_name: 'Kim', phones: [{ value: '+15559990000', label: 'mobile', primary: true }] };

  it('queues a vCard of the fields, with the picture in it', async () => {
    const photo = await upload(PNG);
    const answer = await post('/v1/contact-cards', { to: CONTACT, card: { ...CARD, photo } });
    expect(answer.status).toBe(201);
    expect(outboxItemSchema.parse(answer.body)).toMatchObject({ to: CONTACT, status: 'pending' });
    const { name, text } = lastSent();
    expect(name).toBe('Kim.vcf');
    expect(text).toContain('TEL;TYPE=CELL;TYPE=VOICE;TYPE=pref:+15559990000\r\n');
    expect(text.replaceAll('\r\n ', '')).toContain(`PHOTO;ENCODING=b;TYPE=PNG:${PNG.toString('base64')}\r\n`);
    const [file] = sentFiles();
    expect(bench.uploads.find(file ?? '')?.mediaType).toBe('text/vcard');
  });

  it("queues a client's own vCard as version 3.0", async () => {
    const vcard = 'BEGIN:VCARD\r\nVERSION:4.0\r\nFN:Kim Doe\r\nTEL;VALUE=uri:tel:+1555\r\nEND:VCARD\r\n';
    expect((await post('/v1/contact-cards', { to: CONTACT, vcard })).status).toBe(201);
    expect(lastSent()).toEqual({
      name: 'Kim Doe.vcf',
      text: 'BEGIN:VCARD\r\nVERSION:3.0\r\nN:;Kim Doe;;;\r\nFN:Kim Doe\r\nTEL:+1555\r\nEND:VCARD\r\n',
    });
  });

  it('sends a chat one within a day, whichever way it is named, unless it is told to', async () => {
    bench.rooms.chats = [sampleChat(CONTACT)];
    const first = await post('/v1/contact-cards', { to: CONTACT, card: CARD });
    const again = await post('/v1/contact-cards', { to: `any;-;${CONTACT}`, card: { first_name: 'Ann' } });
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    expect(again.headers.get('contact-card-already-shared')).toBe('true');
    expect(sentFiles()).toHaveLength(1);
    expect((await post('/v1/contact-cards', { to: '+15550002222', card: CARD })).status).toBe(201);
    expect((await post('/v1/contact-cards', { to: CONTACT, card: CARD, force: true })).status).toBe(201);
    clock.advance(24 * 3_600_000);
    expect((await post('/v1/contact-cards', { to: CONTACT, card: CARD })).status).toBe(201);
    expect(sentFiles()).toHaveLength(4);
  });

  it('sends a chat no second one because the store could not keep at once that it had one', async () => {
    const { db } = bench.store;
    db.exec(`CREATE TEMP TRIGGER full BEFORE INSERT ON contact_card_shares
      BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END`);
    const first = await post('/v1/contact-cards', { to: CONTACT, card: CARD });
    expect(first.status).toBe(201);
    db.exec('DROP TRIGGER full');
    clock.advance(1_000);
    const again = await post('/v1/contact-cards', { to: CONTACT, card: CARD });
    expect([again.status, again.body.id]).toEqual([200, first.body.id]);
  });

  it('sends one of two that come at once', async () => {
    const both = await Promise.all([1, 2].map(() => post('/v1/contact-cards', { to: CONTACT, card: CARD })));
    expect(both.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 201]);
    expect(sentFiles()).toHaveLength(1);
  });

  it('sends another where the first certainly did not go out', async () => {
    const first = await post('/v1/contact-cards', { to: CONTACT, card: CARD });
    bench.rooms.commands = bench.rooms.commands.map((command) => ({
      ...command,
      state: { name: 'expired', at: instant(clock.now()) },
    }));
    const second = await post('/v1/contact-cards', { to: CONTACT, card: CARD });
    expect(second.status).toBe(201);
    expect(second.body.id).not.toBe(first.body.id);
  });

  it.each([
    ['neither card nor vcard', {}, 'missing_required_parameter'],
    ['both', { card: CARD, vcard: 'x' }, 'invalid_parameter_value'],
    ['a card without a name', { card: { note: 'x' } }, 'invalid_parameter_value'],
    ['a name that nobody sees', { card: { first_name: ' ' } }, 'invalid_parameter_value'],
    ['a field that nobody knows', { card: { ...CARD, fax: '1' } }, 'invalid_parameter_value'],
    ['a date that is none', { card: { ...CARD, birthday: '2026-02-30' } }, 'invalid_parameter_value'],
    ['a vCard that is none', { vcard: 'hello' }, 'invalid_contact_card'],
    ['a picture that is not there', { card: { ...CARD, photo: 'file_x' } }, 'file_not_found'],
  ])('refuses %s', async (_, fields, code) => {
    const answer = await post('/v1/contact-cards', { to: CONTACT, ...fields });
    expect(answer.body.error.code).toBe(code);
    expect(sentFiles()).toEqual([]);
  });

  it('refuses a picture that is no picture', async () => {
    const answer = await post('/v1/contact-cards', {
      to: CONTACT,
      card: { ...CARD, photo: await upload(MP3) },
    });
    expect(answer.body.error).toMatchObject({ code: 'invalid_parameter_value', param: 'card.photo' });
  });

  it('answers 507 when there is no room', async () => {
    await bench.close();
    await open({ uploads: { reserveBytes: Number.MAX_SAFE_INTEGER } });
    await bench.uploads.start();
    const answer = await post('/v1/contact-cards', { to: CONTACT, card: CARD });
    expect([answer.status, answer.body.error.code]).toEqual([507, 'disk_full']);
  });
});
