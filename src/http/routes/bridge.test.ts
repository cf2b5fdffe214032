import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../runtime/index.ts';
import { createBench, type Bench } from '../test-bench.ts';

let clock: ManualClock;
let bench: Bench;
beforeEach(() => {
  clock = new ManualClock(Date.UTC(2026, 5, 1));
  bench = createBench({ clock });
});
afterEach(() => bench.close());

const keyWith = (...scopes: string[]) => bench.keys.create({ name: 'k', scopes }).key;

async function ask(method: 'GET' | 'PATCH', url: string, key: string | null, payload?: object) {
  const answer = await bench.http.app.inject({
    method,
    url,
    ...(key === null ? {} : { headers: { authorization: `Bearer ${key}` } }),
    ...(payload === undefined ? {} : { payload }),
  });
  return { status: answer.statusCode, body: answer.json<Record<string, unknown>>() };
}

describe('what an operator asks of the daemon', () => {
  it('is answered to a key of health alone, from this machine too: it tells of the machine', async () => {
    expect(await ask('GET', '/v1/bridge/doctor', null)).toMatchObject({ status: 401 });
    expect(await ask('GET', '/v1/bridge/doctor', keyWith('lines:read'))).toMatchObject({ status: 403 });
    const key = keyWith('health:read');
    expect(await ask('GET', '/v1/bridge/doctor', key)).toMatchObject({
      status: 200,
      body: { asked: 'agent', checks: [], checked_at: clock.now() },
    });
    expect(await ask('GET', '/v1/bridge/log', key)).toMatchObject({
      status: 200,
      body: { level: 'info', until: null },
    });
    expect(await ask('PATCH', '/v1/bridge/log', key, { level: 'debug' })).toMatchObject({ status: 403 });
  });

  it('changes the log for a while, or for good, to a level that there is', async () => {
    const key = keyWith('lines:write');
    expect(await ask('PATCH', '/v1/bridge/log', key, { level: 'debug', for_minutes: 10 })).toMatchObject({
      status: 200,
      body: { level: 'debug', until: clock.now() + 600_000 },
    });
    expect(await ask('PATCH', '/v1/bridge/log', key, { level: 'warn' })).toMatchObject({
      body: { level: 'warn', until: null },
    });
    for (const wrong of [{ level: 'loud' }, {}, { level: 'info', for_minutes: 0 }, { level: 'info', x: 1 }]) {
      expect(await ask('PATCH', '/v1/bridge/log', key, wrong)).toMatchObject({ status: 400 });
    }
    const { key: sandbox } = bench.keys.create({ name: 'box', isSandbox: true });
    expect(await ask('PATCH', '/v1/bridge/log', sandbox, { level: 'debug' })).toMatchObject({ status: 403 });
  });
});
