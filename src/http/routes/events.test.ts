import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventPageSchema, lineId, type EVENT_TYPES } from '../../contract/index.ts';
import { ALIAS, createBench, LINE, type Bench } from '../test-bench.ts';

let bench: Bench;
let key = '';

function event(sequence: number, type: (typeof EVENT_TYPES)[number], line: string | null) {
  const data =
    type === 'bridge.started'
      ? { version: '0.1.0', api_version: '2026-11-20' }
      : { message_id: 'msg_1', message_guid: 'G', chat_id: 'cht_1', line_id: line, deleted: true };
  const json = JSON.stringify({
    id: `evt_${sequence}`,
    type,
    timestamp: '2026-11-20T12:00:00.000Z',
    sequence,
    bridge_id: 'mini-1',
    line_id: line,
    api_version: '2026-11-20',
    data,
  });
  return { type, line, json };
}

beforeEach(() => {
  bench = createBench();
  key = bench.keys.create({ name: 'test' }).key;
  bench.rooms.events = [
    event(1, 'bridge.started', null),
    event(2, 'message.deleted', lineId(LINE)),
    event(3, 'message.deleted', lineId(ALIAS)),
    event(4, 'message.deleted', lineId(LINE)),
  ];
});
afterEach(() => bench.close());

async function get(query: string) {
  const answer = await bench.http.app.inject({
    url: `/v1/events${query}`,
    headers: { authorization: `Bearer ${key}` },
  });
  return { status: answer.statusCode, type: answer.headers['content-type'], body: answer.json() };
}

async function sequences(query: string) {
  const page = eventPageSchema.parse((await get(query)).body);
  return { found: page.data.map((item) => item.sequence), next: page.next_after, more: page.has_more };
}

describe('GET /v1/events', () => {
  it('gives the journal as the schema says, oldest first', async () => {
    const answer = await get('');
    expect(answer.type).toContain('application/json');
    expect(eventPageSchema.parse(answer.body)).toMatchObject({
      epoch: 'epoch-1',
      head_sequence: 4,
      oldest_sequence: 1,
      has_more: false,
      next_cursor: null,
      next_after: 4,
    });
    expect(answer.body.data).toHaveLength(4);
  });

  it.each([
    ['?after=2', [3, 4], 4, false],
    ['?limit=2', [1, 2], 2, true],
    ['?after=2&limit=2', [3, 4], 4, false],
    ['?after=4', [], 4, false],
    ['?types=bridge.started', [1], 4, false],
    ['?types=bridge.started,message.deleted&limit=1', [1], 1, true],
    [`?since=${Date.UTC(2026, 10, 20, 12)}&after=2`, [3, 4], 4, false],
    [`?since=${Date.UTC(2026, 10, 20, 12) + 1}`, [], 4, false],
    [`?lines=${lineId(ALIAS)}`, [1, 3], 4, false],
    [`?lines=${encodeURIComponent(LINE)}`, [1, 2, 4], 4, false],
  ])('reads %s', async (query, found, next, more) => {
    expect(await sequences(query)).toEqual({ found, next, more });
  });

  it('names the gap and goes on from the oldest', async () => {
    bench.rooms.oldest = 3;
    expect((await get('?after=1')).body).toMatchObject({
      gap: { from: 2, to: 2, reason: 'retention' },
      data: [{ sequence: 3 }, { sequence: 4 }],
    });
    expect((await get('?after=99')).body.gap.reason).toBe('ahead_of_head');
    expect((await get('?after=4&epoch=other')).body.gap.reason).toBe('epoch_changed');
  });

  it('shows a limited key its lines only', async () => {
    key = bench.keys.create({ name: 'one', lines: [ALIAS] }).key;
    expect((await sequences('')).found).toEqual([1, 3]);
    expect((await get(`?lines=${lineId(LINE)}`)).status).toBe(403);
  });

  it.each([
    ['?after=-1', 400, 'invalid_parameter_value', 'after'],
    ['?after=1.5', 400, 'invalid_parameter_value', 'after'],
    ['?limit=501', 400, 'invalid_parameter_value', 'limit'],
    ['?types=message.eaten', 400, 'invalid_parameter_value', 'types'],
    ['?types=typing.started', 400, 'capability_unavailable', 'types'],
    ['?lines=here', 400, 'invalid_parameter_value', 'lines'],
    ['?token=x', 400, 'invalid_parameter_value', 'token'],
  ])('refuses %s', async (query, status, code, param) => {
    const answer = await get(query);
    expect([answer.status, answer.body.error.code, answer.body.error.param]).toEqual([status, code, param]);
  });
});

describe('GET /v1/events/stream', () => {
  it('asks for an upgrade', async () => {
    const answer = await bench.http.app.inject({
      url: '/v1/events/stream',
      headers: { authorization: `Bearer ${key}` },
    });
    expect([answer.statusCode, answer.json().error.code]).toEqual([426, 'upgrade_required']);
    expect(answer.headers.upgrade).toBe('websocket');
  });
});
