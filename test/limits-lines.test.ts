import { afterEach, describe, expect, it, vi } from 'vitest';
import { type as typeLine } from '../src/cli/test-terminal.ts';
import { cleanUp } from './support/cleanup.ts';
import { KIM, LINE, person, startLimits, until } from './support/limits.ts';

vi.setConfig({ testTimeout: 180_000 });
afterEach(cleanUp);

const on = { enabled: true } as const;
const line = `/v1/lines/${encodeURIComponent(LINE)}`;

describe('what a line tells of its limits', () => {
  it('is what is left of each, over REST, in headers, in events and on the line itself', async () => {
    const bench = await startLimits('off', { server_daily_limit: { ...on, limit: 10 } });
    for (let n = 0; n < 7; n += 1) {
      await bench.phones(person(n), `from the phone ${n}`);
    }
    await bench.tells('line.limit_reached', { rule: 'server_daily_limit', percent: 70, used: 7, limit: 10 });
    expect((await bench.request('GET', line)).body).toMatchObject({
      state: 'active',
      reputation: 'healthy',
      utilization: 0.7,
      accepts_new_contacts: true,
    });
    await bench.sent(KIM, 'eight');
    await bench.tells('line.limit_reached', { percent: 80 });
    const usage = await bench.request('GET', `${line}/usage`);
    expect(usage.body).toMatchObject({
      preset: 'off',
      version: expect.stringMatching(/^off\/[0-9a-f]{8}$/u),
      utilization: 0.8,
      accepts_new_contacts: false,
      reason: 'server_daily_limit',
      limits: [
        {
          rule: 'server_daily_limit',
          kind: 'cap',
          used: 8,
          limit: 10,
          remaining: 2,
          window_seconds: 86_400,
          next_slot_at: expect.any(Number),
          resets_at: expect.any(Number),
        },
      ],
    });
    expect(usage.headers.get('ratelimit-policy')).toBe('"server_daily_limit";q=10;w=86400');
    expect(usage.headers.get('ratelimit')).toBe('"server_daily_limit";r=2;t=0');
    await bench.sent(KIM, 'nine');
    const tenth = await bench.send(KIM, 'ten');
    expect(tenth.headers.get('ratelimit')).toMatch(/^"server_daily_limit";r=0;t=\d+$/u);
    await bench.tells('line.limit_reached', { percent: 100, used: 10 });
  });

  it('is asked without sending anything: every rule, in REST and on the command line', async () => {
    const bench = await startLimits('balanced', { new_conversation_limit: { per_day: 1 } });
    const before = await bench.request('POST', '/v1/messages?dry_run=true', { to: KIM, text: 'hello' });
    expect(before).toMatchObject({
      status: 200,
      body: { verdict: 'allow', standing: 'new_conversation', warnings: [{ rule: 'cold_outreach' }] },
    });
    await bench.phones(person(1), 'from the phone');
    const { body } = await bench.request('POST', '/v1/messages?dry_run=true', { to: KIM, text: 'hello' });
    expect(body).toMatchObject({
      verdict: 'refuse',
      code: 'new_conversation_limit',
      limit: { used: 1, limit: 1 },
      retry_at: expect.any(Number),
      version: expect.stringMatching(/^balanced\//u),
    });
    expect(body['rules']).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ rule: 'new_conversation_limit', outcome: 'full', used: 1, limit: 1 }),
        expect.objectContaining({ rule: 'contact_first', outcome: 'off' }),
        expect.objectContaining({ rule: 'cold_outreach', outcome: 'warn' }),
      ]),
    );
    const checked = await typeLine(['send', '--check', KIM, 'hello', '--plain'], bench.environment());
    expect([checked.exit, checked.stderr]).toEqual([5, '']);
    expect(checked.stdout).toMatch(/new_conversation_limit +full +1 of 1/u);
    expect(checked.stdout).toMatch(
      /would be refused until .*\(new_conversation_limit\)\. Nothing was sent\./u,
    );
    expect((await bench.request('GET', '/v1/outbox')).body['data']).toEqual([]);
    expect(bench.mac.state().attempts).toEqual([]);
    expect(await typeLine(['send', KIM, 'hello'], bench.environment())).toMatchObject({ exit: 5 });
  });

  it('is shown, ordered and reported by `blueline lines`', async () => {
    const bench = await startLimits('balanced', { throughput: { enabled: false } });
    await bench.phones(person(1), 'so that the line is known');
    const blueline = async (...argv: string[]) => {
      const { exit, stdout, stderr } = await typeLine([...argv, '--plain'], bench.environment());
      expect([exit, stderr]).toEqual([0, '']);
      return stdout;
    };
    expect(await blueline('lines')).toMatch(/\+12125559999 +active +healthy/u);
    expect(await blueline('lines', 'usage')).toMatch(
      /warming up, day 0: 10 % of[^]*line_warming_up of new_conversation_limit +cap +1 of 5/u,
    );
    expect(await blueline('lines', 'contact', KIM, '--time-zone', 'Asia/Tokyo')).toMatch(
      /new conversation[^]*Asia\/Tokyo[^]*would wait: quiet_hours, until /u,
    );
    expect(await blueline('lines', 'report')).toMatch(/1 to 1 contacts, 1 by a person/u);
    expect(await blueline('lines', 'flag', '--reason', 'it feels slow')).toBe(
      '+12125559999 is flagged (it feels slow).\n',
    );
    expect(await blueline('status')).toContain('line_flagged');
    expect(await blueline('lines', 'pause', '--reason', 'maintenance')).toBe(
      '+12125559999 is paused (maintenance).\n',
    );
    expect(await blueline('lines', 'resume')).toBe('+12125559999 is flagged (it feels slow).\n');
    expect(await blueline('lines', 'clear')).toBe('+12125559999 is active.\n');
    // The two that are given in a hurry have names of their own.
    expect(await blueline('pause')).toBe('+12125559999 is paused (operator).\n');
    expect(await blueline('resume', '--reason', 'all is well')).toBe('+12125559999 is active.\n');
    await bench.tells('line.state_changed', {
      state: 'flagged',
      previous: 'active',
      reason: 'it feels slow',
    });
    await bench.tells('line.state_changed', { state: 'paused', previous: 'flagged', reason: 'maintenance' });
    await bench.tells('line.state_changed', { state: 'active', previous: 'flagged' });
  });

  it('tells that it is out of reach while Messages is closed, and of contacts who want no more', async () => {
    const bench = await startLimits('balanced', {});
    await bench.writes(KIM, 'unsubscribe');
    await bench.tells('contact.opted_out', { handle: KIM });
    await bench.mac.run({ command: 'quit' });
    await bench.tells('line.state_changed', { state: 'offline', previous: 'active' });
    await bench.mac.run({ command: 'reopen' });
    const back = await bench.tells('line.state_changed', { state: 'active', previous: 'offline' });
    expect(back['line_id']).toMatch(/^ln_/u);
  });

  it('says in health which numbers hold, and that none do', async () => {
    const bench = await startLimits('off', {});
    const health = (await bench.request('GET', '/health')).body;
    expect(health).toMatchObject({ limits: { preset: 'off', history: { phase: 'done' } } });
    await until(async () =>
      expect((await bench.request('GET', '/health')).body['warnings']).toContainEqual(
        expect.objectContaining({ code: 'limits_off', severity: 'degraded' }),
      ),
    );
  });
});

describe('requests of a key', () => {
  it('are counted over an hour, but for health and events, and refused past the limit', async () => {
    const bench = await startLimits('off', {}, { requests_per_hour: 3 });
    await bench.request('GET', '/v1/events');
    await bench.request('GET', '/health');
    for (const left of [2, 1, 0]) {
      const { headers, status } = await bench.request('GET', '/v1/outbox');
      expect([status, headers.get('ratelimit-policy')]).toEqual([200, '"requests";q=3;w=3600']);
      expect(headers.get('ratelimit')).toMatch(new RegExp(`^"requests";r=${left};t=\\d+$`, 'u'));
    }
    const refused = await bench.request('GET', '/v1/outbox');
    expect(refused).toMatchObject({
      status: 429,
      body: {
        error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', retry_after: expect.any(Number) },
      },
    });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(3_000);
    expect((await bench.request('GET', '/v1/events')).status).toBe(200);
  });
});
