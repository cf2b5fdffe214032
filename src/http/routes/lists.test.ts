import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { aCommand, anAttempt, anInbound } from '../../../test/support/message.ts';
import {
  chatId,
  chatSchema,
  lineId,
  lineSchema,
  list,
  messageSchema,
  outboxItemSchema,
} from '../../contract/index.ts';
import {
  chatKey,
  chatRef,
  handle,
  instant,
  messageGuid,
  rowId,
  type Command,
  type Message,
} from '../../domain/index.ts';
import { BluelineError } from '../../runtime/index.ts';
import { ALIAS, CONTACT, createBench, LINE, listed, sampleChat, type Bench } from '../test-bench.ts';

let bench: Bench;
let key = '';

beforeEach(() => {
  bench = createBench();
  key = bench.keys.create({ name: 'test' }).key;
});
afterEach(() => bench.close());

async function get(url: string) {
  const answer = await bench.http.app.inject({ url, headers: { authorization: `Bearer ${key}` } });
  return { status: answer.statusCode, body: answer.json() };
}

const cursors = z.object({ next_cursor: z.string().nullable() });

/** Follows a list to its end, three at a time. */
async function walk<T>(url: string, item: z.ZodType<T>): Promise<T[]> {
  const found: T[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page = await get(
      `${url}${url.includes('?') ? '&' : '?'}limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`,
    );
    expect(page.status).toBe(200);
    found.push(...list(item).parse(page.body).data);
    cursor = cursors.parse(page.body).next_cursor;
  }
  return found;
}

function message(id: number, line = LINE, contact = CONTACT, fields: Partial<Message> = {}): Message {
  return anInbound({
    rowId: rowId(id),
    guid: messageGuid(`G${id}`),
    chat: chatRef('direct', contact),
    line,
    sender: handle(contact),
    text: `text ${id}`,
    sentAt: instant(1_700_000_000_000),
    ...fields,
  });
}

function command(id: number, line = LINE): Command {
  const sent = anAttempt({ state: { name: 'sent', at: instant(5) } });
  return aCommand(`obx_${String(id).padStart(4, '0')}`, {
    target: { to: 'handle', handle: CONTACT },
    line,
    attempts: id % 2 === 0 ? [] : [sent],
  });
}

describe('GET /v1/messages', () => {
  // Nanoseconds that differ by less than a double can tell, and two of the same moment.
  const date = (id: number) => String(721_692_800_000_000_000n + BigInt(Math.floor(id / 2)));

  beforeEach(() => {
    bench.rooms.chats = [sampleChat(CONTACT)];
    bench.rooms.messages = Array.from({ length: 10 }, (_, id) =>
      listed(message(id, id % 3 === 0 ? ALIAS : LINE), date(id)),
    );
  });

  it('walks through all of them once, newest first', async () => {
    const found = await walk('/v1/messages', messageSchema);
    expect(found.map((item) => item.guid)).toEqual(Array.from({ length: 10 }, (_, i) => `G${9 - i}`));
    expect(found[0]?.synced_at).toBe(1_700_000_000_000);
  });

  it('walks in the same order over the lines of a limited key', async () => {
    key = bench.keys.create({ name: 'both', lines: [LINE, ALIAS] }).key;
    expect(await walk('/v1/messages', messageSchema)).toHaveLength(10);
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    const found = await walk('/v1/messages', messageSchema);
    expect(found.map((item) => item.guid)).toEqual(['G9', 'G6', 'G3', 'G0']);
  });

  it('keeps to a line and to a chat', async () => {
    const found = await walk(`/v1/messages?from=${lineId(ALIAS)}`, messageSchema);
    expect(found).toHaveLength(4);
    expect(await walk(`/v1/messages?to=${chatId(chatKey('direct', CONTACT))}`, messageSchema)).toHaveLength(
      10,
    );
    expect(await walk('/v1/messages?to=%2B15550009999', messageSchema)).toEqual([]);
  });

  it.each([
    ['is_from_me=true', ['G11']],
    ['is_from_me=false&limit=2', ['G10', 'G9']],
    ['service=SMS', ['G10']],
    ['kind=sticker', ['G11']],
    ['since=1700000000001', ['G11', 'G10']],
    ['until=1700000000002&since=1700000000001', ['G10']],
    ['kind=poll', []],
  ])('narrows the list to %s', async (query, guids) => {
    const later = (id: number, fields: Partial<Message>) =>
      listed(
        message(id, LINE, CONTACT, { ...fields, sentAt: instant(1_700_000_000_000 + id - 9) }),
        date(id),
      );
    bench.rooms.messages.push(
      later(10, { service: 'SMS' }),
      later(11, { isFromMe: true, kind: { kind: 'sticker', target: messageGuid('G1'), part: 0 } }),
    );
    const { body } = await get(`/v1/messages?${query}`);
    expect(
      list(messageSchema)
        .parse(body)
        .data.map((item) => item.guid),
    ).toEqual(guids);
  });

  it('goes on from where a search stopped short', async () => {
    bench.rooms.stoppedAt = { date: '5', rowId: rowId(5) };
    const { body } = await get('/v1/messages?kind=poll');
    expect(body).toMatchObject({
      data: [],
      has_more: true,
      next_cursor: Buffer.from('["m","5",5]').toString('base64url'),
    });
  });

  it.each([
    ['/v1/messages?kind=reaction', 400, 'kind'],
    ['/v1/messages?is_from_me=1', 400, 'is_from_me'],
    ['/v1/messages?since=-1', 400, 'since'],
    ['/v1/messages?until=99999999999999', 400, 'until'],
    ['/v1/messages?service=', 400, 'service'],
    ['/v1/messages?limit=0', 400, 'limit'],
    ['/v1/messages?limit=201', 400, 'limit'],
    ['/v1/messages?limit=x', 400, 'limit'],
    ['/v1/messages?limit=1&limit=2', 400, 'limit'],
    ['/v1/messages?cursor=x', 400, 'cursor'],
    [`/v1/messages?cursor=${Buffer.from('["c",1,1]').toString('base64url')}`, 400, 'cursor'],
    ['/v1/messages?key=blk_1', 400, 'key'],
    ['/v1/messages?to=Kim', 400, 'to'],
    ['/v1/messages?to=cht_000000000000000000000000', 404, 'to'],
    ['/v1/messages?from=%2B15550009999', 404, 'from'],
    ['/v1/messages?from=me', 400, 'from'],
  ])('refuses %s', async (url, status, param) => {
    const answer = await get(url);
    expect([answer.status, answer.body.error.param]).toEqual([status, param]);
  });

  it('says that chat.db cannot be read', async () => {
    bench.rooms.messagesFailure = new BluelineError('messages_db_locked', 'Locked.');
    expect(await get('/v1/messages')).toMatchObject({
      status: 503,
      body: { error: { code: 'messages_unavailable', retry_after: 5 } },
    });
  });
});

describe('GET /v1/chats', () => {
  it('walks through all of them once, those with the newest activity first', async () => {
    bench.rooms.chats = Array.from({ length: 7 }, (_, id) =>
      sampleChat(`+1555000200${id}`, id === 3 ? ALIAS : LINE, 1_700_000_000_000 + Math.floor(id / 2)),
    );
    const found = await walk('/v1/chats', chatSchema);
    expect(found.map((chat) => chat.identifier.at(-1))).toEqual(['6', '5', '4', '3', '2', '1', '0']);
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    expect(await walk('/v1/chats', chatSchema)).toHaveLength(1);
    expect((await get(`/v1/chats?from=${lineId(LINE)}`)).body.error.code).toBe('line_not_accessible');
  });
});

describe('GET /v1/lines', () => {
  it('lists the addresses, and which of them can send', async () => {
    const { body } = await get('/v1/lines');
    expect(list(lineSchema).parse(body).data).toMatchObject([
      { handle: LINE, is_active: true, service: 'imessage' },
      { handle: ALIAS, is_active: false },
    ]);
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    expect((await get('/v1/lines')).body.data).toMatchObject([{ handle: ALIAS }]);
  });
});

describe('GET /v1/outbox', () => {
  beforeEach(() => {
    bench.rooms.commands = Array.from({ length: 10 }, (_, id) => command(id, id < 5 ? ALIAS : LINE));
  });

  it('walks through all of them once, newest first, and by state', async () => {
    const ids = (items: { id: string }[]) => items.map((item) => Number(item.id.slice(4)));
    expect(ids(await walk('/v1/outbox', outboxItemSchema))).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    expect(ids(await walk('/v1/outbox?state=queued', outboxItemSchema))).toEqual([8, 6, 4, 2, 0]);
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    expect(ids(await walk('/v1/outbox', outboxItemSchema))).toEqual([4, 3, 2, 1, 0]);
  });

  it.each(['/v1/outbox?id=obx_0007', '/v1/outbox/obx_0007'])('gives one item at %s', async (url) => {
    expect(outboxItemSchema.parse((await get(url)).body)).toMatchObject({ id: 'obx_0007', status: 'sent' });
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    expect(await get(url)).toMatchObject({ status: 404, body: { error: { code: 'outbox_item_not_found' } } });
  });

  it.each([
    ['/v1/outbox?id=obx_9999', 404],
    ['/v1/outbox/none', 404],
    ['/v1/outbox?state=lost', 400],
    [`/v1/outbox/${'x'.repeat(100)}`, 400],
    [`/v1/outbox/${'x'.repeat(1000)}`, 400],
  ])('refuses %s', async (url, status) => {
    expect((await get(url)).status).toBe(status);
  });
});
