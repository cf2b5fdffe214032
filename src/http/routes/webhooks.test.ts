import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anInbound } from '../../../test/support/message.ts';
import { lineId } from '../../contract/index.ts';
import { ManualClock } from '../../runtime/index.ts';
import { ALIAS, createBench, LINE, type Bench } from '../test-bench.ts';

const URL_OF = 'https://hooks.example.com/in?token=a';

let bench: Bench;
let clock: ManualClock;
let key = '';

beforeEach(() => {
  clock = new ManualClock(1_800_000_000_000);
  bench = createBench({ clock });
  key = bench.keys.create({ name: 'box' }).key;
});
afterEach(async () => {
  const closing = bench.close();
  clock.advance(5_000);
  await closing;
});

type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';
async function ask(method: Method, path: string, payload?: object, as = key) {
  const answer = await bench.http.app.inject({
    method,
    url: `/v1/webhooks${path}`,
    headers: { authorization: `Bearer ${as}` },
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json(), headers: answer.headers };
}
const create = async (fields: object = {}, as = key) =>
  ask('POST', '', { url: URL_OF, events: ['message.received'], ...fields }, as);
const idOf = async (fields: object = {}, as = key) => String((await create(fields, as)).body.id);

describe('webhooks', () => {
  it('are made, listed, changed and deleted as the clients of Messages.dev ask for it', async () => {
    const made = await create({ from: LINE });
    expect(made).toMatchObject({
      status: 201,
      headers: { 'cache-control': 'no-store' },
      body: {
        id: expect.stringMatching(/^whk_[0-9A-Z]{26}$/u),
        line_ids: [lineId(LINE)],
        url: URL_OF,
        events: ['message.received'],
        is_active: true,
        secret: expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/u),
        profile: 'messages_dev',
        request_id: expect.any(String),
      },
    });
    const { id } = made.body;
    const listed = await ask('GET', `?from=${encodeURIComponent(LINE)}`);
    expect(listed.body).toMatchObject({
      data: [{ id, is_active: true }],
      has_more: false,
      next_cursor: null,
    });
    expect(JSON.stringify(listed.body)).not.toContain('whsec_');
    expect((await ask('GET', `?from=${encodeURIComponent(ALIAS)}`)).body.data).toEqual([]);
    expect(await ask('DELETE', '', { id })).toMatchObject({ status: 200, body: { id, deleted: true } });
    expect(await ask('DELETE', '', { id })).toMatchObject({
      status: 404,
      body: { error: { code: 'webhook_not_found', param: 'id' } },
    });
  });

  it('speak Standard Webhooks, for all lines and types, where nothing else is asked for', async () => {
    const { body } = await ask('POST', '', { url: URL_OF });
    expect(body).toMatchObject({
      profile: 'standard',
      events: ['*'],
      line_ids: [],
      include_backfilled: false,
    });
    // The command line of Messages.dev names no line by an empty one.
    expect((await create({ from: '' })).body).toMatchObject({ profile: 'messages_dev', line_ids: [] });
    expect((await create({ from: '', events: undefined })).body.events).toEqual([
      'message.received',
      'message.sent',
      'reaction.added',
      'reaction.removed',
    ]);
    expect((await create({ from: LINE, profile: 'standard' })).body).toMatchObject({ profile: 'standard' });
  });

  it('are changed in part, paused and enabled', async () => {
    const id = await idOf({ description: 'crm' });
    const change = { events: ['*'], lines: [ALIAS], description: null, include_backfilled: true };
    expect((await ask('PATCH', `/${id}`, change)).body).toMatchObject({
      url: URL_OF,
      events: ['*'],
      line_ids: [lineId(ALIAS)],
      include_backfilled: true,
    });
    expect((await ask('PATCH', `/${id}`, { is_active: false })).body).toMatchObject({
      is_active: false,
      state: 'paused',
      state_since: clock.now(),
    });
    expect((await ask('POST', `/${id}/enable`)).body).toMatchObject({ is_active: true, state: 'active' });
    expect((await ask('PATCH', `/${id}`, { lines: null })).body).toMatchObject({ line_ids: [] });
    expect((await ask('DELETE', `/${id}`)).status).toBe(200);
    expect((await ask('GET', `/${id}`)).status).toBe(404);
  });

  it.each([
    [{ url: 'http://hooks.example.com' }, 'webhook_url_not_allowed', 'url'],
    [{ url: 'https://169.254.169.254/latest' }, 'webhook_url_not_allowed', 'url'],
    [{ url: 'https://me:secret@hooks.example.com' }, 'webhook_url_not_allowed', 'url'],
    [{ url: undefined }, 'missing_required_parameter', 'url'],
    [{ events: ['message.sung'] }, 'invalid_parameter_value', 'events'],
    [{ events: ['typing.started'] }, 'capability_unavailable', 'events'],
    [{ events: [] }, 'invalid_parameter_value', 'events'],
    [{ lines: ['nobody'] }, 'invalid_parameter_value', 'lines.0'],
    [{ from: LINE, lines: [LINE] }, 'invalid_parameter_value', 'from'],
    [{ profile: 'linq' }, 'invalid_parameter_value', 'profile'],
  ])('like %j are refused', async (fields, code, param) => {
    expect(await create(fields)).toMatchObject({ status: 400, body: { error: { code, param } } });
    expect((await ask('GET', '')).body.data).toEqual([]);
  });

  it('are fifty at the most', async () => {
    for (let count = 0; count < 50; count += 1) {
      expect((await create()).status).toBe(201);
    }
    expect(await create()).toMatchObject({ status: 422, body: { error: { code: 'too_many_webhooks' } } });
    const page = await ask('GET', '?limit=30');
    expect(page.body.data).toHaveLength(30);
    const rest = await ask('GET', `?limit=30&cursor=${page.body.next_cursor}`);
    expect(rest.body).toMatchObject({ has_more: false });
    expect(rest.body.data).toHaveLength(20);
  });
});

describe('a key that is limited', () => {
  it('to a line sees the webhooks of that line, and makes no others', async () => {
    const narrow = bench.keys.create({ name: 'n', lines: [LINE] }).key;
    const all = await idOf();
    const other = await idOf({ lines: [ALIAS] });
    const own = await create({}, narrow);
    expect(own.body).toMatchObject({ line_ids: [lineId(LINE)] });
    expect((await create({ lines: [ALIAS] }, narrow)).body.error.code).toBe('line_not_accessible');
    expect((await ask('GET', '', undefined, narrow)).body.data).toMatchObject([{ id: own.body.id }]);
    for (const id of [all, other]) {
      for (const [method, path, body] of [
        ['GET', '', undefined],
        ['PATCH', '', { description: 'x' }],
        ['DELETE', '', undefined],
        ['GET', '/deliveries', undefined],
        ['POST', '/rotate_secret', {}],
        ['POST', '/enable', {}],
        ['POST', '/test', undefined],
        ['POST', '/replay', { after: 0 }],
      ] as const) {
        const answer = await ask(method, `/${id}${path}`, body, narrow);
        expect([path, answer.status, answer.body.error?.code]).toEqual([path, 404, 'webhook_not_found']);
      }
    }
    // Widening its own would let it see what it may not.
    const widened = await ask('PATCH', `/${own.body.id}`, { lines: null }, narrow);
    expect(widened.body).toMatchObject({ line_ids: [lineId(LINE)] });
  });

  it('to reading changes nothing', async () => {
    const id = await idOf();
    const reader = bench.keys.create({ name: 'r', scopes: ['webhooks:read'] }).key;
    expect((await ask('GET', '', undefined, reader)).status).toBe(200);
    expect((await create({}, reader)).status).toBe(403);
    for (const path of ['/rotate_secret', '/enable', '/test', '/replay', '/deliveries/x/replay']) {
      expect((await ask('POST', `/${id}${path}`, {}, reader)).status).toBe(403);
    }
    expect((await ask('DELETE', `/${id}`, undefined, reader)).status).toBe(403);
  });
});

describe('deliveries', () => {
  /** Nothing listens there, so that every one fails at once. */
  const fail = async (count: number) => {
    const id = await idOf({ url: 'http://127.0.0.1:1/', events: ['*'] });
    for (let index = 0; index < count; index += 1) {
      bench.journal.write((append) =>
        append({ type: 'message.received', message: anInbound({ line: LINE }), origin: null, isLate: false }),
      );
    }
    await vi.waitFor(
      async () => {
        const { data } = (await ask('GET', `/${id}/deliveries?state=pending`)).body;
        expect(data.at(-1)?.attempts).toHaveLength(1);
      },
      { timeout: 20_000, interval: 5 },
    );
    return id;
  };

  it('are listed with their attempts, page by page, and one by one', async () => {
    const id = await fail(3);
    const page = await ask('GET', `/${id}/deliveries?limit=2`);
    expect(page.body.data.map((item: { sequence: number }) => item.sequence)).toEqual([3, 2]);
    const rest = await ask('GET', `/${id}/deliveries?limit=2&cursor=${page.body.next_cursor}`);
    expect(rest.body).toMatchObject({
      has_more: false,
      data: [
        {
          id: expect.stringMatching(/^dlv_/u),
          webhook_id: id,
          event_id: expect.stringMatching(/^evt_/u),
          event_type: 'message.received',
          state: 'pending',
          attempts: [{ at: clock.now(), error: 'unreachable' }],
          next_attempt_at: expect.any(Number),
        },
      ],
    });
    expect(rest.body.data[0].next_attempt_at).toBeGreaterThan(clock.now());
    const one = await ask('GET', `/${id}/deliveries/${rest.body.data[0].id}`);
    expect(one.body).toMatchObject(rest.body.data[0]);
    expect((await ask('GET', `/${id}/deliveries/dlv_x`)).body.error.code).toBe('delivery_not_found');
    expect((await ask('GET', `/${id}`)).body).toMatchObject({
      pending: 3,
      last_error: 'unreachable',
      cursor: 3,
    });
  });

  it('are replayed, one or a range, as far as the journal holds them', async () => {
    const id = await fail(2);
    const [, first] = (await ask('GET', `/${id}/deliveries`)).body.data;
    expect(await ask('POST', `/${id}/deliveries/${first.id}/replay`)).toMatchObject({
      status: 200,
      body: { id: first.id, state: 'pending' },
    });
    expect((await ask('POST', `/${id}/replay`, { after: 0, limit: 1 })).body).toMatchObject({
      replayed: 1,
      next_after: 1,
    });
    expect((await ask('POST', `/${id}/replay`, { only_failed: true })).body).toMatchObject({
      replayed: 0,
      next_after: null,
    });
    expect((await ask('POST', `/${id}/replay`, {})).body.error).toMatchObject({ param: 'after' });
    clock.advance(1);
    bench.journal.prune({ ms: 0, bytes: 0, maxBytes: Infinity }, 10);
    expect(await ask('POST', `/${id}/deliveries/${first.id}/replay`)).toMatchObject({
      status: 410,
      body: { error: { code: 'event_expired' } },
    });
  });

  it('are tried once by a test', async () => {
    const id = await idOf({ url: 'http://127.0.0.1:1/' });
    expect((await ask('POST', `/${id}/test`)).body).toMatchObject({ delivered: false, error: 'unreachable' });
  });

  it('are signed with another secret after a rotation, which is shown once', async () => {
    const made = await create();
    const { id, secret } = made.body;
    const rotated = await ask('POST', `/${id}/rotate_secret`, { overlap_seconds: 60 });
    expect(rotated.body).toMatchObject({
      secret: expect.stringMatching(/^whsec_/u),
      previous_secret_until: clock.now() + 60_000,
    });
    expect(rotated.body.secret).not.toBe(secret);
    expect((await ask('POST', `/${id}/rotate_secret`, { overlap_seconds: 0 })).body).not.toHaveProperty(
      'previous_secret_until',
    );
    expect(bench.logLines.join('')).not.toMatch(/whsec_|hooks\.example|token/u);
  });
});
