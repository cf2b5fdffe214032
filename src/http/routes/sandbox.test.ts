import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anInbound } from '../../../test/support/message.ts';
import { chatId } from '../../contract/index.ts';
import { chatKey, chatRef, handle, messageGuid } from '../../domain/index.ts';
import { ManualClock } from '../../runtime/index.ts';
import { CONTACT, createBench, LINE, listed, sampleChat, type Bench } from '../test-bench.ts';

const NOON = Date.UTC(2026, 5, 1, 12);
const GUID = '0A1B-TARGET';
let clock: ManualClock;
let bench: Bench;
let key = '';

beforeEach(() => {
  clock = new ManualClock(NOON);
  bench = createBench({ clock });
  key = bench.keys.create({ name: 'box', isSandbox: true }).key;
  bench.rooms.chats = [sampleChat(CONTACT)];
  bench.rooms.messages = [listed(anInbound({ guid: messageGuid(GUID), line: LINE }), '1')];
});
afterEach(() => bench.close());

async function ask(method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object, as = key) {
  const answer = await bench.http.app.inject({
    method,
    url,
    headers: { authorization: `Bearer ${as}` },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, code: answer.json().error?.code, answer };
}

/** The contact texts something to the line, as the journal tells of it. */
function texts(text: string, fields: Parameters<typeof anInbound>[0] = {}): void {
  const message = anInbound({ text, chat: chatRef('direct', CONTACT), sender: handle(CONTACT), ...fields });
  bench.sandbox.project({ type: 'message.received', message, origin: null, isLate: false });
}

const text = { to: CONTACT, text: 'hello' };

describe('a sandbox key', () => {
  it('sends only to a contact who has texted the code', async () => {
    const { code } = bench.sandbox.view();
    expect(await ask('POST', '/v1/messages', text)).toMatchObject({
      status: 403,
      code: 'sandbox_not_activated',
    });
    for (const other of ['', `${code}!`, `my code is ${code}`, code.slice(1)]) {
      texts(other);
    }
    texts(code, { chat: chatRef('group', 'chat1') });
    texts(code, { replayOf: messageGuid('earlier') });
    expect((await ask('POST', '/v1/messages', text)).status).toBe(403);
    texts(` ${code.toLowerCase().replace('-', ' ')}\n`);
    expect((await ask('POST', '/v1/messages', text)).status).toBe(201);
    expect((await ask('POST', '/v1/messages', { ...text, to: `any;-;${CONTACT}` })).status).toBe(201);
    expect((await ask('POST', '/v1/messages', { ...text, to: '+15550009999' })).status).toBe(403);
    expect(bench.rooms.accepted).toHaveLength(2);
  });

  it('is held to that by every route that sends, and by those that act', async () => {
    const file = await bench.uploads.receive({
      keyId: bench.keys.verify(key)?.keyId ?? '',
      name: 'a.m4a',
      declaredType: 'audio/mp4',
      announcedBytes: 0,
      content: bytes(),
    });
    const id = file.outcome === 'stored' ? file.upload.id : '';
    const sends = [
      ['POST', '/v1/messages', { to: CONTACT, text: 'x' }],
      ['POST', '/v1/messages', { to: CONTACT, attachments: [id] }],
      ['POST', '/v1/messages', { to: chatId(chatKey('direct', CONTACT)), text: 'x' }],
      ['POST', '/v1/audio-messages', { to: CONTACT, audio_message: id }],
      ['POST', '/v1/contact-cards', { to: CONTACT, card: { first_name: 'Kim' } }],
      ['POST', '/v1/reactions', { to: CONTACT, message_id: GUID, type: 'love' }],
      ['POST', '/v1/typing', { to: CONTACT }],
      ['POST', '/v1/receipts', { to: CONTACT }],
      ['PATCH', `/v1/messages/${GUID}`, { text: 'y' }],
      ['POST', `/v1/messages/${GUID}/unsend`, undefined],
    ] as const;
    for (const [method, url, body] of sends) {
      expect([url, (await ask(method, url, body)).code]).toEqual([url, 'sandbox_not_activated']);
    }
    texts(bench.sandbox.view().code);
    for (const [method, url, body] of sends) {
      const { status, code } = await ask(method, url, body);
      expect([url, code ?? status]).toEqual([
        url,
        /messages$|audio|cards/u.test(url) ? 201 : 'capability_unavailable',
      ]);
    }
  });

  it('never sends to a group', async () => {
    bench.rooms.chats = [{ ...sampleChat(CONTACT), ...chatRef('group', 'chat1') }];
    texts(bench.sandbox.view().code);
    expect((await ask('POST', '/v1/messages', { to: 'any;+;chat1', text: 'x' })).code).toBe(
      'sandbox_not_activated',
    );
  });

  it('shares 50 sends a day with the other sandbox keys, and nobody else pays for them', async () => {
    texts(bench.sandbox.view().code);
    const other = bench.keys.create({ name: 'box 2', isSandbox: true }).key;
    const full = bench.keys.create({ name: 'all' }).key;
    for (let count = 0; count < 50; count += 1) {
      expect(
        (await ask('POST', '/v1/messages', { ...text, text: `no. ${count}` }, count % 2 === 0 ? key : other))
          .status,
      ).toBe(201);
    }
    const refused = await ask('POST', '/v1/messages', text);
    expect([refused.status, refused.code]).toEqual([429, 'sandbox_quota_exceeded']);
    expect(refused.answer.headers).toMatchObject({ 'retry-after': '43200', 'x-should-retry': 'false' });
    expect((await ask('POST', '/v1/messages', text, full)).status).toBe(201);
    clock.advance(43_200_000);
    expect((await ask('POST', '/v1/messages', text)).status).toBe(201);
  });

  it('pays nothing for what was not accepted', async () => {
    texts(bench.sandbox.view().code);
    bench.rooms.storeFailure = new Error('full');
    await ask('POST', '/v1/messages', text);
    bench.rooms.storeFailure = null;
    expect(bench.sandbox.view().quota.used).toBe(0);
  });

  it('cannot see or renew the sandbox; another key can, and then nobody is in', async () => {
    expect((await ask('GET', '/v1/sandbox')).code).toBe('sandbox_requires_owner');
    expect((await ask('POST', '/v1/sandbox/renew')).code).toBe('sandbox_requires_owner');
    const full = bench.keys.create({ name: 'all' }).key;
    const { code } = bench.sandbox.view();
    texts(code);
    const seen = (await ask('GET', '/v1/sandbox', undefined, full)).answer.json();
    expect(seen).toMatchObject({
      code,
      line: LINE,
      link: `sms:${LINE}&body=${code}`,
      contacts: [{ handle: CONTACT, activated_at: NOON }],
      quota: { limit: 50, used: 0, resets_at: NOON + 43_200_000 },
    });
    const renewed = (await ask('POST', '/v1/sandbox/renew', undefined, full)).answer.json();
    expect([renewed.code === code, renewed.contacts]).toEqual([false, []]);
    texts(code);
    expect((await ask('POST', '/v1/messages', text)).status).toBe(403);
  });
});

async function* bytes() {
  yield Buffer.from([0, 0, 0, 0x18, ...Buffer.from('ftypM4A '), 0, 0, 0, 0]);
}
