import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { chatId, errorSchema, lineId, outboxItemSchema } from '../../contract/index.ts';
import { chatKey } from '../../domain/index.ts';
import { BluelineError } from '../../runtime/index.ts';
import { ALIAS, CONTACT, createBench, LINE, sampleChat, type Bench } from '../test-bench.ts';

let bench: Bench;
let key = '';

beforeEach(() => {
  bench = createBench();
  key = bench.keys.create({ name: 'test' }).key;
});
afterEach(() => bench.close());

const body = { to: CONTACT, text: 'hello' };

function post(payload: unknown, headers: Readonly<Record<string, string>> = {}) {
  return bench.http.app.inject({
    method: 'POST',
    url: '/v1/messages',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', ...headers },
    payload: typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
  });
}

describe('POST /v1/messages', () => {
  it('accepts a text and answers with its outbox item', async () => {
    const answer = await post(body);
    expect(answer.statusCode).toBe(201);
    const item = outboxItemSchema.parse(answer.json());
    expect(item).toMatchObject({ status: 'pending', state: 'queued', to: CONTACT, line_id: lineId(LINE) });
    expect(item.request_id).toBe(answer.headers['x-request-id']);
    expect(bench.rooms.accepted).toMatchObject([
      { text: 'hello', files: [], line: LINE, target: { to: 'handle' }, service: 'auto' },
    ]);
  });

  it.each([
    ['its id', chatId(chatKey('direct', CONTACT))],
    ['a guid of this macOS', `any;-;${CONTACT}`],
    ['a guid of an older one', `iMessage;-;${CONTACT}`],
  ])('finds a chat by %s', async (_name, to) => {
    bench.rooms.chats = [sampleChat(CONTACT)];
    expect((await post({ ...body, to })).statusCode).toBe(201);
    expect(bench.rooms.commands[0]?.target).toEqual({ to: 'chat', chat: `direct:${CONTACT}` });
  });

  it('keeps every character of the text', async () => {
    const text = '\n"quoted" \\ \u0001 👍🏽 -e\r\n';
    await post({ ...body, text });
    expect(bench.rooms.accepted[0]?.text).toBe(text);
  });

  it.each([
    ['no recipient', { text: 'hello' }, 400, 'missing_required_parameter', 'to'],
    ['no text', { to: CONTACT }, 400, 'missing_required_parameter', 'text'],
    ['a recipient that is none', { ...body, to: 'Kim' }, 400, 'invalid_parameter_value', 'to'],
    ['a text that is no string', { ...body, text: 5 }, 400, 'invalid_parameter_value', 'text'],
    ['an empty text', { ...body, text: ' ' }, 400, 'invalid_parameter_value', 'text'],
    ['a NUL', { ...body, text: 'a\0b' }, 400, 'invalid_parameter_value', 'text'],
    [
      'a text that is too long',
      { ...body, text: 'x'.repeat(65_537) },
      400,
      'invalid_parameter_value',
      'text',
    ],
    ['a field that does not exist', { ...body, colour: 'blue' }, 400, 'invalid_parameter_value', 'colour'],
    ['an expiry in the past', { ...body, expires_at: 1 }, 400, 'invalid_parameter_value', 'expires_at'],
    [
      'a chat that does not exist',
      { ...body, to: 'cht_000000000000000000000000' },
      404,
      'chat_not_found',
      'to',
    ],
    ['a guid of no chat', { ...body, to: 'any;+;chat1' }, 404, 'chat_not_found', 'to'],
    ['a line that does not exist', { ...body, from: '+15558887777' }, 404, 'line_not_found', 'from'],
    ['a line that cannot send', { ...body, from: ALIAS }, 403, 'line_not_sendable', 'from'],
    ['a list', [body], 400, 'invalid_parameter_value', undefined],
    ['a bare word', '"hello"', 400, 'invalid_parameter_value', undefined],
    ['no JSON', '{"to":', 400, 'invalid_json', undefined],
    ['an empty body', '', 400, 'invalid_json', undefined],
    ['bytes that are no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 400, 'invalid_json', undefined],
    ['a megabyte of text', { ...body, text: 'x'.repeat(1_048_576) }, 413, 'body_too_large', undefined],
  ])('refuses %s and changes nothing', async (_name, payload, status, code, param) => {
    const answer = await post(payload);
    const refusal = errorSchema.parse(answer.json());
    expect([answer.statusCode, refusal.error.code, refusal.error.param]).toEqual([status, code, param]);
    expect(refusal.request_id).toMatch(/^req_/u);
    expect(answer.headers['x-request-id']).toBe(refusal.request_id);
    expect(bench.rooms.commands).toEqual([]);
  });

  it('refuses what is not JSON by its type', async () => {
    const answer = await post('to=me', { 'content-type': 'application/x-www-form-urlencoded' });
    expect([answer.statusCode, answer.json().error.code]).toEqual([415, 'unsupported_content_type']);
  });

  it.each([
    ['the header twice', [{ 'idempotency-key': 'k' }, {}], [{ 'idempotency-key': 'k' }, {}]],
    ['the field twice', [{}, { client_message_id: 'k' }], [{}, { client_message_id: 'k' }]],
    ['the header and then the field', [{ 'idempotency-key': 'k' }, {}], [{}, { client_message_id: 'k' }]],
  ] as const)('gives the same command for %s', async (_name, [h1, b1], [h2, b2]) => {
    const first = await post({ ...body, ...b1 }, { ...h1 });
    bench.rooms.messagesFailure = new BluelineError('messages_db_missing', 'It is gone.');
    const second = await post({ ...b2, text: body.text, to: body.to }, { ...h2 });
    expect(second.statusCode).toBe(201);
    expect(second.json().id).toBe(first.json().id);
    expect(first.headers['idempotency-replayed']).toBeUndefined();
    expect(second.headers['idempotency-replayed']).toBe('true');
    expect(bench.rooms.commands).toHaveLength(1);
  });

  it('refuses a used key with another body', async () => {
    await post(body, { 'idempotency-key': 'k' });
    const answer = await post({ ...body, text: 'other' }, { 'idempotency-key': 'k' });
    expect([answer.statusCode, answer.json().error.code]).toEqual([422, 'idempotency_key_reused']);
    expect(bench.rooms.commands).toHaveLength(1);
  });

  it('refuses a header and a field that differ', async () => {
    const answer = await post({ ...body, client_message_id: 'a' }, { 'idempotency-key': 'b' });
    expect([answer.statusCode, answer.json().error.code]).toEqual([400, 'idempotency_keys_differ']);
  });

  it('binds no key to a request that it refused', async () => {
    await post({ ...body, from: ALIAS }, { 'idempotency-key': 'k' });
    expect((await post(body, { 'idempotency-key': 'k' })).statusCode).toBe(201);
  });

  it('takes a text to a handle while chat.db cannot be read, but none to a chat', async () => {
    bench.rooms.messagesFailure = new BluelineError('messages_db_unreadable', 'No permission.');
    expect((await post(body)).statusCode).toBe(201);
    expect(bench.rooms.commands[0]?.line).toBeNull();
    const answer = await post({ ...body, to: `any;-;${CONTACT}` });
    expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'messages_unavailable']);
    expect(answer.headers['retry-after']).toBe('5');
  });

  it('says so when the store cannot keep it', async () => {
    bench.rooms.storeFailure = Object.assign(new Error('disk full: hello'), { code: 'SQLITE_FULL' });
    const answer = await post(body);
    expect([answer.statusCode, answer.json().error.code]).toEqual([503, 'store_unavailable']);
  });

  it('answers what it has accepted also where the store cannot tell the usage', async () => {
    Object.defineProperty(bench.rooms, 'usage', {
      get: () => {
        throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' });
      },
    });
    const answer = await post(body);
    expect([answer.statusCode, answer.json().id]).toEqual([201, bench.rooms.commands[0]?.id]);
    expect(answer.headers['ratelimit']).toBeUndefined();
  });

  it('answers what nobody foresaw with a fixed sentence, and logs neither text nor handle', async () => {
    bench.rooms.storeFailure = new Error(`hello ${CONTACT}`);
    const answer = await post(body);
    expect([answer.statusCode, answer.json().error.code]).toEqual([500, 'bridge_error']);
    expect(answer.body).not.toContain('hello');
    const logged = bench.logLines.join('');
    expect(logged).toContain('A request failed');
    expect(logged).not.toContain('hello');
    expect(logged).not.toContain(CONTACT);
    expect(logged).not.toContain(key);
  });

  it('holds a limited key to its lines', async () => {
    const limit = (lines: string[]) => bench.keys.create({ name: 'limited', lines }).key;
    key = limit([LINE]);
    expect((await post(body)).statusCode).toBe(201);
    expect((await post({ ...body, from: ALIAS })).json().error.code).toBe('line_not_accessible');
    key = limit([ALIAS]);
    expect((await post(body)).json().error.code).toBe('line_not_accessible');
    expect((await post({ ...body, from: LINE })).statusCode).toBe(403);
  });
});

describe('what else a text may ask for', () => {
  /** Over a real socket: the injected request of a test does not stream. */
  const upload = async (name: string): Promise<string> => {
    url ??= (await bench.http.listen()).url;
    const answer = await fetch(`${url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'x-filename': name },
      body: name,
    });
    return z.object({ id: z.string() }).parse(await answer.json()).id;
  };
  let url: string | undefined;
  beforeEach(() => {
    url = undefined;
  });

  it('refuses a file that this key has not handed in', async () => {
    const file = await upload('a.txt');
    key = bench.keys.create({ name: 'another' }).key;
    expect((await post({ ...body, attachments: [file] })).statusCode).toBe(404);
    expect(bench.rooms.accepted).toEqual([]);
  });

  it('hands it over as it was asked', async () => {
    const soon = Date.now() + 60_000;
    const files = [await upload('a.txt'), await upload('b.txt')];
    const asked = {
      ...body,
      attachments: files,
      service: 'auto',
      fallback: 'sms',
      not_before: soon,
      expires_at: soon + 1,
      after_reply: true,
      metadata: { order: '7' },
    };
    const answer = await post(asked);
    expect(answer.statusCode).toBe(201);
    expect(outboxItemSchema.parse(answer.json()).metadata).toEqual({ order: '7' });
    expect(bench.rooms.accepted).toMatchObject([
      {
        files,
        fallback: 'sms',
        notBefore: soon,
        expiresAt: soon + 1,
        afterReply: true,
        metadata: { order: '7' },
      },
    ]);
  });

  it('takes files without a text', async () => {
    const file = await upload('a.txt');
    expect((await post({ to: CONTACT, attachments: [file] })).statusCode).toBe(201);
    expect(bench.rooms.accepted).toMatchObject([{ text: null, files: [file] }]);
  });

  it('sends Markdown as clean plain text, if that will do', async () => {
    const answer = await post({
      ...body,
      text: '**Hi** [there](https://a.b)',
      format: 'markdown',
      degrade: true,
    });
    expect(answer.statusCode).toBe(201);
    expect(bench.rooms.accepted).toMatchObject([{ text: 'Hi there (https://a.b)' }]);
  });

  it.each([
    ['a reply in a thread', { reply_to: 'msg_1' }, 'reply_to'],
    ['an effect', { effect: 'confetti' }, 'effect'],
    ['formatting', { format: 'markdown' }, 'format'],
    ['a text message without an account for it', { service: 'sms' }, 'service'],
  ])('refuses %s before anything is queued', async (_, asked, param) => {
    const answer = await post({ ...body, ...asked });
    const { error } = errorSchema.parse(answer.json());
    expect([answer.statusCode, error.type, error.code, error.param]).toEqual([
      400,
      'capability_error',
      'capability_unavailable',
      param,
    ]);
    expect(bench.rooms.commands).toEqual([]);
  });

  it.each([
    ['nothing is left of it', { ...body, text: '---', format: 'markdown', degrade: true }, 'text'],
    ['it expires before it may go', { ...body, not_before: 9e12, expires_at: 8e12 }, 'expires_at'],
    ['the number cannot exist', { ...body, to: '+1555' }, 'to'],
    ['the number hides something', { ...body, to: '+1555\u200B0001111' }, 'to'],
  ])('refuses a text where %s', async (_, payload, param) => {
    expect((await post(payload)).json()).toMatchObject({ error: { code: 'invalid_parameter_value', param } });
  });

  it('says so where an uploaded file does not exist', async () => {
    bench.rooms.storeFailure = new BluelineError('upload_not_found', 'None such.');
    const answer = await post({ ...body, attachments: ['file_1'] });
    expect(answer.statusCode).toBe(404);
    expect(answer.json()).toMatchObject({ error: { code: 'file_not_found', param: 'attachments' } });
  });
});

describe('an answer without a key', () => {
  const request = () => {
    const payload = JSON.stringify(body);
    return `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer ${key}\r\ncontent-type: application/json\r\ncontent-length: ${payload.length}\r\n\r\n${payload}`;
  };

  it('is known to have been written to its end', async () => {
    const { url } = await bench.http.listen();
    const answer = await fetch(`${url}/v1/messages`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(answer.status).toBe(201);
    await vi.waitFor(() => expect([...bench.rooms.answered.values()]).toEqual([true]));
  });

  it('is known to have been cut off, and the same request gets it then', async () => {
    const { url } = await bench.http.listen();
    const client = connect(Number(new URL(url).port), '127.0.0.1');
    const server = await new Promise<Socket>((resolve) => {
      bench.http.app.server.once('connection', resolve);
    });
    bench.rooms.onAccept = () =>
      new Promise<void>((resolve) => {
        server.once('close', () => resolve());
        client.resetAndDestroy();
      });
    client.on('error', () => undefined);
    client.write(request());
    await vi.waitFor(() => expect([...bench.rooms.answered.values()]).toEqual([false]));
    const again = await post(body);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(again.json().id).toBe(bench.rooms.commands[0]?.id);
    expect(bench.rooms.commands).toHaveLength(1);
  });
});
