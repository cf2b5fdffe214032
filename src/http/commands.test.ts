import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CommandFrame } from '../contract/index.ts';
import { instant } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { ALIAS, CONTACT, createBench, LINE, type Bench } from './test-bench.ts';
import type { Grant } from './ports.ts';

const NOW = 1_800_000_000_000;

describe('a command frame', () => {
  let bench: Bench;
  let clock: ManualClock;
  let all: Grant;

  beforeEach(() => {
    clock = new ManualClock(NOW);
    bench = createBench({ clock });
    all = grantOf({});
  });
  afterEach(() => bench.close());

  const grantOf = (fields: { readonly scopes?: string[]; readonly lines?: string[] }): Grant => {
    const { id } = bench.keys.create({ name: 'x', ...fields });
    const grant = bench.keys.stillValid(id);
    if (grant === null) {
      throw new Error('the key was made a moment ago');
    }
    return grant;
  };
  const frame = (command: string, body: unknown, fields: Partial<CommandFrame> = {}): CommandFrame => ({
    type: 'command',
    command_id: 'c-1',
    command,
    body,
    ...fields,
  });
  const run = (asked: CommandFrame, grant: Grant | null = all) =>
    bench.http.commands.execute(() => grant, asked);
  const send = (fields: Partial<CommandFrame> = {}) =>
    frame('message.send', { to: CONTACT, text: 'hello' }, fields);

  it('has a text accepted as REST does, and answers with its item', async () => {
    const result = await run(send());
    expect(result).toMatchObject({
      type: 'command_result',
      command_id: 'c-1',
      result: 'accepted',
      outbox: { id: 'obx_0001', to: CONTACT, status: 'pending' },
    });
    expect(bench.rooms.accepted).toMatchObject([
      { keyId: all.keyId, idempotencyKey: 'c-1', text: 'hello', line: LINE },
    ]);
  });

  it('does the same again nothing more, and shows the item as it stands', async () => {
    await run(send());
    bench.rooms.commands = bench.rooms.commands.map((command) => ({
      ...command,
      updatedAt: instant(NOW + 5),
    }));
    expect(await run(send())).toMatchObject({
      result: 'duplicate',
      outbox: { id: 'obx_0001', updated_at: NOW + 5 },
    });
    expect(bench.rooms.accepted).toHaveLength(1);
  });

  it('has one namespace of ids with REST, whatever the command', async () => {
    await run(send());
    const other = frame('message.send', { to: CONTACT, text: 'other' });
    expect(await run(other)).toMatchObject({
      result: 'rejected',
      error: { code: 'idempotency_key_reused' },
    });
    expect(await run(frame('line.pause', {}))).toMatchObject({
      result: 'rejected',
      error: { code: 'idempotency_key_reused' },
    });
    expect(await run(frame('line.pause', {}, { command_id: 'c-2' }))).toMatchObject({ result: 'accepted' });
    const { key } = bench.keys.create({ name: 'rest' });
    const grant = bench.keys.verify(key);
    await run(frame('line.resume', {}, { command_id: 'c-3' }), grant);
    const answer = await bench.http.app.inject({
      method: 'POST',
      url: '/v1/messages',
      headers: { authorization: `Bearer ${key}`, 'idempotency-key': 'c-3' },
      payload: { to: CONTACT, text: 'hello' },
    });
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      { error: { code: 'idempotency_key_reused' } },
    ]);
  });

  it('pauses and resumes once for each id, in whatever order they come again', async () => {
    const pause = frame('line.pause', { reason: 'quiet' }, { command_id: 'p' });
    const resume = frame('line.resume', { id: LINE }, { command_id: 'r' });
    expect(await run(pause)).toEqual({ type: 'command_result', command_id: 'p', result: 'accepted' });
    expect(await run(resume)).toMatchObject({ result: 'accepted' });
    expect(await run(pause)).toMatchObject({ result: 'duplicate' });
    expect(bench.rooms.orders).toEqual([
      ['pause', 'quiet'],
      ['resume', null],
    ]);
  });

  it('cancels an item of the outbox', async () => {
    await run(send());
    const cancel = frame('outbox.cancel', { id: 'obx_0001' }, { command_id: 'c-2' });
    expect(await run(cancel)).toMatchObject({
      result: 'accepted',
      outbox: { id: 'obx_0001', state: 'canceled' },
    });
    expect(await run(cancel)).toMatchObject({ result: 'duplicate' });
    expect(await run(frame('outbox.cancel', { id: 'obx_9' }, { command_id: 'c-3' }))).toMatchObject({
      result: 'rejected',
      error: { code: 'outbox_item_not_found' },
    });
  });

  it('is dropped with a word when it comes too late, unless it was accepted before', async () => {
    const inTime = send({ expires_at: NOW + 1_000 });
    expect(await run(inTime)).toMatchObject({ result: 'accepted' });
    expect(bench.rooms.accepted[0]?.expiresAt).toBe(NOW + 1_000);
    clock.advance(2_000);
    expect(await run(inTime)).toMatchObject({ result: 'duplicate' });
    const expired = { result: 'rejected', error: { code: 'command_expired', param: 'expires_at' } };
    expect(await run(send({ command_id: 'c-2', expires_at: NOW + 1_000 }))).toMatchObject(expired);
    const inBody = { to: CONTACT, text: 'hello', expires_at: NOW + 1_000 };
    expect(await run(frame('message.send', inBody, { command_id: 'c-3' }))).toMatchObject(expired);
    expect(await run(frame('line.pause', {}, { command_id: 'c-4', expires_at: NOW + 1_000 }))).toMatchObject(
      expired,
    );
    expect(bench.rooms.accepted).toHaveLength(1);
    expect(bench.rooms.orders).toEqual([]);
  });

  it.each<[string, unknown, object]>([
    ['message.send', { text: 'x' }, { code: 'missing_required_parameter', param: 'to' }],
    ['message.send', undefined, { code: 'missing_required_parameter', param: 'to' }],
    ['message.send', 'text', { code: 'invalid_parameter_value' }],
    ['message.send', { to: '+15550001111', text: '' }, { code: 'invalid_parameter_value', param: 'text' }],
    [
      'message.send',
      { to: '+15550001111', text: 'x', colour: 1 },
      { code: 'invalid_parameter_value', param: 'colour' },
    ],
    [
      'message.send',
      { to: '+15550001111', text: 'x', reply_to: 'msg_1' },
      { code: 'capability_unavailable' },
    ],
    [
      'message.send',
      { to: '+15550001111', text: 'x', client_message_id: 'other' },
      { code: 'idempotency_keys_differ' },
    ],
    ['outbox.cancel', {}, { code: 'missing_required_parameter', param: 'id' }],
    ['line.pause', { id: '+15557770000' }, { code: 'line_not_found' }],
    ['line.pause', { id: 'ln_0' }, { code: 'invalid_parameter_value', param: 'id' }],
    ['line.pause', { id: ALIAS }, { code: 'line_not_sendable' }],
    ['limits.lower', {}, { code: 'missing_required_parameter', param: 'rules' }],
    ['limits.lower', { rules: {} }, { code: 'invalid_parameter_value', param: 'rules' }],
    [
      'limits.lower',
      { rules: { reach_out_limit: { limit: 500 } } },
      { code: 'limit_not_lower', type: 'policy_error', param: 'rules.reach_out_limit.limit' },
    ],
    ['messages.delete', {}, { code: 'unknown_command', param: 'command' }],
  ])('%s with %j is rejected with an error of REST', async (command, body, error) => {
    expect(await run(frame(command, body))).toMatchObject({
      command_id: 'c-1',
      result: 'rejected',
      error: { ...error, message: expect.any(String) },
    });
    expect(bench.rooms.accepted).toEqual([]);
    // A command that was rejected binds no name.
    expect(await run(send())).toMatchObject({ result: 'accepted' });
  });

  it.each([
    ['message.send', 'messages:write'],
    ['outbox.cancel', 'messages:write'],
    ['line.pause', 'lines:write'],
    ['line.resume', 'lines:write'],
    ['limits.lower', 'lines:write'],
  ])('%s needs the scope %s', async (command, scope) => {
    const { SCOPES } = await import('../contract/index.ts');
    const without = grantOf({ scopes: SCOPES.filter((name) => name !== scope) });
    expect(await run(frame(command, {}), without)).toMatchObject({
      result: 'rejected',
      error: { code: 'insufficient_scope' },
    });
  });

  it('is refused for a key that was revoked, and for a line that is not of its key', async () => {
    expect(await run(send(), null)).toMatchObject({ error: { code: 'invalid_api_key' } });
    const limited = grantOf({ lines: [ALIAS] });
    expect(await run(send(), limited)).toMatchObject({ error: { code: 'line_not_accessible' } });
    expect(await run(frame('line.pause', {}), limited)).toMatchObject({
      error: { code: 'line_not_accessible' },
    });
    const lower = frame('limits.lower', { rules: { reach_out_limit: { limit: 1 } } });
    expect(await run(lower, limited)).toMatchObject({ error: { code: 'line_not_accessible' } });
    expect(bench.rooms.lowered).toBeNull();
  });

  it('tells of a store that cannot say what its key may do', async () => {
    const result = await bench.http.commands.execute(() => {
      throw Object.assign(new Error('disk'), { code: 'SQLITE_IOERR_READ' });
    }, send());
    expect(result).toMatchObject({
      command_id: 'c-1',
      result: 'rejected',
      error: { code: 'store_unavailable' },
    });
  });

  it('tells of a store that cannot keep it, and logs neither text nor address', async () => {
    bench.rooms.storeFailure = Object.assign(new Error('disk hello'), { code: 'SQLITE_FULL' });
    expect(await run(send())).toMatchObject({
      result: 'rejected',
      error: { code: 'store_unavailable', retry_after: 5 },
    });
    const log = bench.logLines.join('');
    expect(log).toMatch(/SQLITE_FULL/u);
    expect(log).not.toMatch(/hello|5550001111/u);
  });

  it('lowers limits, which REST shows and gives back', async () => {
    const rules = { reach_out_limit: { limit: 20 } };
    expect(await run(frame('limits.lower', { rules }))).toMatchObject({ result: 'accepted' });
    const { key } = bench.keys.create({ name: 'rest' });
    const request = (method: 'GET' | 'POST', url: string, payload?: object) =>
      bench.http.app.inject({
        method,
        url,
        headers: { authorization: `Bearer ${key}` },
        ...(payload === undefined ? {} : { payload }),
      });
    expect((await request('GET', '/v1/limits')).json()).toMatchObject({ preset: 'balanced', lowered: rules });
    const lower = await request('POST', '/v1/limits/lower', { rules: { reach_out_limit: { limit: 500 } } });
    expect([lower.statusCode, lower.json()]).toMatchObject([422, { error: { code: 'limit_not_lower' } }]);
    const restored = await request('POST', '/v1/limits/restore');
    expect([restored.statusCode, restored.json().lowered]).toEqual([200, undefined]);
  });
});
