import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttempt, aCommand, anInbound, aProof } from '../../../test/support/message.ts';
import { errorSchema, lineId, lineSchema, outboxItemSchema } from '../../contract/index.ts';
import { instant, messageGuid } from '../../domain/index.ts';
import { ALIAS, CONTACT, createBench, LINE, listed, type Bench } from '../test-bench.ts';

let bench: Bench;
let key = '';

const TARGET = messageGuid('0A1B-TARGET');

beforeEach(() => {
  bench = createBench();
  key = bench.keys.create({ name: 'test' }).key;
  bench.rooms.messages = [listed(anInbound({ guid: TARGET, line: LINE }), '1')];
});
afterEach(() => bench.close());

async function ask(method: 'GET' | 'POST' | 'PATCH' | 'DELETE', url: string, payload?: object) {
  const answer = await bench.http.app.inject({
    method,
    url,
    headers: {
      authorization: `Bearer ${key}`,
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(payload === undefined ? {} : { payload: JSON.stringify(payload) }),
  });
  return { status: answer.statusCode, body: answer.json() };
}

describe('what this Mac cannot do', () => {
  it.each([
    ['POST', '/v1/reactions', { from: LINE, to: CONTACT, message_id: TARGET, type: 'love' }, 'tapback'],
    ['POST', '/v1/reactions', { to: CONTACT, message_id: TARGET, type: '👍🏽', remove: true }, 'tapback'],
    ['POST', '/v1/typing', { from: LINE, to: CONTACT }, 'typing'],
    ['POST', '/v1/typing', { to: CONTACT, state: 'off' }, 'typing'],
    ['POST', '/v1/receipts', { from: LINE, to: CONTACT }, 'read_receipt'],
    ['PATCH', `/v1/messages/${TARGET}`, { text: 'better' }, 'edit'],
    ['POST', `/v1/messages/${TARGET}/unsend`, undefined, 'unsend'],
    ['GET', '/v1/typing', undefined, 'typing'],
  ] as const)('answers %s %s with one stable code', async (method, url, payload, capability) => {
    const { status, body } = await ask(method, url, payload);
    const { error } = errorSchema.parse(body);
    expect([status, error.type, error.code]).toEqual([400, 'capability_error', 'capability_unavailable']);
    expect(error.message).toContain(`\`${capability}\``);
    expect(bench.rooms.commands).toEqual([]);
  });

  it.each([
    ['POST', '/v1/reactions', { to: CONTACT, message_id: TARGET, type: 'hug' }, 400, 'type'],
    ['POST', '/v1/reactions', { to: CONTACT, type: 'love' }, 400, 'message_id'],
    ['POST', '/v1/reactions', { to: CONTACT, message_id: 'OTHER', type: 'love' }, 404, 'message_id'],
    ['POST', '/v1/typing', { from: ALIAS, to: CONTACT }, 403, 'from'],
    ['POST', '/v1/receipts', { to: 'Kim' }, 400, 'to'],
    ['PATCH', `/v1/messages/${TARGET}`, { text: '' }, 400, 'text'],
  ] as const)('checks %s %s %j as if it could', async (method, url, payload, status, param) => {
    const answer = await ask(method, url, payload);
    expect([answer.status, answer.body.error.param]).toEqual([status, param]);
  });

  it('is listed with what it can, of the line that sends', async () => {
    const { body } = await ask('GET', '/v1/lines');
    const lines: unknown[] = body.data;
    const [active, alias] = lines.map((line) => lineSchema.parse(line));
    expect(active).toMatchObject({
      state: 'active',
      capabilities: {
        text: 'native',
        file: 'native',
        voice_memo: 'file',
        sms: 'none',
        tapback: 'none',
        reply: 'none',
        edit: 'none',
        unsend: 'none',
        typing: 'none',
        read_receipt: 'none',
        effects: 'none',
        formatting: 'none',
      },
    });
    expect(alias?.capabilities).toBeUndefined();
  });

  it('asks for the right scope', async () => {
    key = bench.keys.create({ name: 'one', scopes: ['messages:write'] }).key;
    expect((await ask('POST', '/v1/typing', { to: CONTACT })).body.error.code).toBe('insufficient_scope');
  });
});

describe('an outbox item', () => {
  const waiting = aCommand('obx_1', { attempts: [], line: LINE });
  const unknown = aCommand('obx_2', {
    line: LINE,
    attempts: [anAttempt({ state: { name: 'unknown', since: instant(1), cause: 'no_row', final: false } })],
  });
  const sent = aCommand('obx_3', {
    line: ALIAS,
    attempts: [anAttempt({ state: { name: 'sent', at: instant(1) }, proof: aProof('G') })],
  });
  beforeEach(() => {
    bench.rooms.commands = [waiting, unknown, sent];
  });

  it('is canceled while it waits, and a second time without harm', async () => {
    for (const _ of [1, 2]) {
      const { status, body } = await ask('DELETE', '/v1/outbox/obx_1');
      expect(status).toBe(200);
      expect(outboxItemSchema.parse(body)).toMatchObject({
        state: 'canceled',
        status: 'failed',
        error: 'canceled',
      });
    }
    expect((await ask('DELETE', '/v1/outbox/obx_3')).body.error.code).toBe('outbox_item_not_cancelable');
    expect((await ask('DELETE', '/v1/outbox/obx_9')).status).toBe(404);
  });

  it.each([
    ['sent', 'sent', 'sent'],
    ['not_sent', 'failed', 'failed'],
  ])('is decided as %s by a person', async (as, state, status) => {
    const answer = await ask('POST', '/v1/outbox/obx_2/resolve', { as });
    expect(answer.status).toBe(200);
    expect(outboxItemSchema.parse(answer.body)).toMatchObject({ state, status });
    expect(await ask('POST', '/v1/outbox/obx_2/resolve', { as })).toMatchObject({
      status: 422,
      body: { error: { code: 'outbox_item_not_unknown' } },
    });
  });

  it('is decided in no other words', async () => {
    expect((await ask('POST', '/v1/outbox/obx_2/resolve', { as: 'lost' })).body.error.param).toBe('as');
  });

  it('is not there for keys of other lines', async () => {
    key = bench.keys.create({ name: 'one', lines: [LINE] }).key;
    expect((await ask('DELETE', '/v1/outbox/obx_3')).status).toBe(404);
    expect((await ask('POST', '/v1/outbox/obx_3/resolve', { as: 'sent' })).status).toBe(404);
  });
});

describe('a line', () => {
  it('is paused and resumed by who may', async () => {
    const paused = await ask('POST', `/v1/lines/${lineId(LINE)}/pause`);
    expect([paused.status, paused.body.state, paused.body.pause_reason]).toEqual([200, 'paused', 'operator']);
    expect(bench.rooms.isPaused).toBe(true);
    const resumed = await ask('POST', `/v1/lines/${encodeURIComponent(LINE)}/resume`);
    expect(lineSchema.parse(resumed.body)).toMatchObject({ state: 'active' });
    expect(bench.rooms.isPaused).toBe(false);
  });

  it.each([
    [lineId(ALIAS), 403, 'line_not_sendable'],
    ['ln_000000000000000000000000', 404, 'line_not_found'],
  ])('%s cannot be', async (id, status, code) => {
    expect(await ask('POST', `/v1/lines/${id}/pause`)).toMatchObject({ status, body: { error: { code } } });
    expect(bench.rooms.isPaused).toBe(false);
  });
});
