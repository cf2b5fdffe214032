import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anInbound } from '../../../test/support/message.ts';
import { chatId, chatSchema, list, messageId, messageSchema, reactionSchema } from '../../contract/index.ts';
import { chatKey, messageGuid, rowId, type Message } from '../../domain/index.ts';
import { ALIAS, CONTACT, createBench, LINE, listed, sampleChat, type Bench } from '../test-bench.ts';

let bench: Bench;
let key = '';

const TARGET = messageGuid('0A1B-TARGET');
const message = anInbound({ guid: TARGET, line: LINE });
const tapback = (id: number, fields: Partial<Message> = {}) =>
  anInbound({
    rowId: rowId(id),
    guid: messageGuid(`R${id}`),
    line: LINE,
    kind: { kind: 'reaction', action: 'add', reaction: 'love', emoji: null, target: TARGET, part: 0 },
    ...fields,
  });

beforeEach(() => {
  bench = createBench();
  key = bench.keys.create({ name: 'test' }).key;
  bench.rooms.chats = [sampleChat(CONTACT)];
  bench.rooms.messages = [message, tapback(2), tapback(3, { line: ALIAS })].map((one) => listed(one, '1'));
});
afterEach(() => bench.close());

async function get(url: string) {
  const answer = await bench.http.app.inject({ url, headers: { authorization: `Bearer ${key}` } });
  return { status: answer.statusCode, body: answer.json() };
}

describe('GET /v1/chats/:id', () => {
  const id = chatId(chatKey('direct', CONTACT));

  it.each([id, `any;-;${CONTACT}`, `iMessage;-;${CONTACT}`, CONTACT])('finds a chat by %s', async (name) => {
    const { status, body } = await get(`/v1/chats/${encodeURIComponent(name)}`);
    expect(status).toBe(200);
    expect(chatSchema.parse(body)).toMatchObject({ id, identifier: CONTACT });
  });

  it.each([
    'cht_000000000000000000000000',
    'any;-;+15550009999',
    'any;+;chat1',
    '+15550009999',
    'nonsense',
    'é'.repeat(50),
  ])('knows no chat %s', async (name) => {
    const { status, body } = await get(`/v1/chats/${encodeURIComponent(name)}`);
    expect([status, body.error.code]).toEqual([404, 'chat_not_found']);
  });

  it('hides the chats of other lines', async () => {
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    expect((await get(`/v1/chats/${id}`)).status).toBe(404);
  });
});

describe('GET /v1/messages/:id', () => {
  it.each([messageId(TARGET), TARGET])('finds a message by %s', async (name) => {
    const { status, body } = await get(`/v1/messages/${name}`);
    expect(status).toBe(200);
    expect(messageSchema.parse(body)).toMatchObject({ guid: TARGET, text: 'hello' });
  });

  it('gives a tapback as the row that it is', async () => {
    expect((await get('/v1/messages/R2')).body).toMatchObject({
      kind: 'reaction',
      reaction: { type: 'love', target_message_id: messageId(TARGET) },
    });
  });

  it.each(['msg_000000000000000000000000', 'msg_1', 'nothing'])('knows no message %s', async (name) => {
    const { status, body } = await get(`/v1/messages/${name}`);
    expect([status, body.error.code]).toEqual([404, 'message_not_found']);
  });

  it('hides the messages of other lines', async () => {
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    expect((await get(`/v1/messages/${TARGET}`)).status).toBe(404);
  });
});

describe('GET /v1/reactions', () => {
  it.each([messageId(TARGET), TARGET])('lists the tapbacks on %s', async (name) => {
    const { body } = await get(`/v1/reactions?message_id=${name}`);
    expect(list(reactionSchema).parse(body).data).toMatchObject([
      { guid: 'R2', message_id: messageId(TARGET), type: 'love', added: true },
      { guid: 'R3' },
    ]);
    expect(body.has_more).toBe(false);
  });

  it('leaves out what stands on other lines', async () => {
    key = bench.keys.create({ name: 'one', lines: [LINE] }).key;
    expect((await get(`/v1/reactions?message_id=${TARGET}`)).body.data).toHaveLength(1);
  });

  it.each([
    ['/v1/reactions', 400, 'message_id'],
    ['/v1/reactions?message_id=none', 404, 'message_id'],
  ])('refuses %s', async (url, status, param) => {
    const answer = await get(url);
    expect([answer.status, answer.body.error.param]).toEqual([status, param]);
  });
});
