import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from './support/cleanup.ts';
import { DAY, HOUR, KIM, MINUTE, person, startLimits, type LimitsBench } from './support/limits.ts';

vi.setConfig({ testTimeout: 180_000 });
afterEach(cleanUp);

const on = { enabled: true } as const;

/** The same command at the time that its refusal named: taken, and sent. */
async function passesThen(bench: LimitsBench, to: string, text: string, retryAt: unknown): Promise<void> {
  expect(retryAt).toEqual(expect.any(Number));
  await bench.step(Number(retryAt) - bench.now());
  await bench.sent(to, text);
}

interface Case {
  readonly rules: Parameters<typeof startLimits>[1];
  /** What fills the limit. */
  readonly fill: (bench: LimitsBench) => Promise<void>;
  readonly to?: string;
  readonly text?: string;
  readonly limit: object;
  /** At least so long, and no longer than a minute more. */
  readonly waitMs: number;
  readonly shouldRetry?: 'true';
}

const CASES: Readonly<Record<string, Case>> = {
  new_conversation_limit: {
    rules: { new_conversation_limit: { ...on, per_day: 1, per_hour: null } },
    fill: (bench) => bench.sent(person(1), 'welcome'),
    limit: { used: 1, limit: 1, window_seconds: 86_400 },
    waitMs: DAY,
  },
  reach_out_limit: {
    rules: { reach_out_limit: { ...on, limit: 1 } },
    fill: async (bench) => {
      await bench.phones(person(1), 'from the phone');
      await bench.sent(person(1), 'and again');
      await bench.phones(KIM, 'from the phone, too');
    },
    limit: { used: 1, limit: 1, window_seconds: 86_400 },
    waitMs: DAY,
  },
  server_daily_limit: {
    rules: { server_daily_limit: { ...on, limit: 2 } },
    fill: async (bench) => {
      await bench.sent(person(1), 'one');
      // What a person sends counts as well.
      await bench.phones(person(2), 'two');
    },
    limit: { used: 2, limit: 2, window_seconds: 86_400 },
    waitMs: DAY,
  },
  pair_rate_limit: {
    rules: { pair_rate_limit: { ...on, limit: 2 } },
    // It binds replies, too.
    fill: async (bench) => {
      await bench.writes(KIM);
      await bench.sent(KIM, 'answer');
    },
    limit: { used: 2, limit: 2, window_seconds: 60 },
    waitMs: MINUTE,
    shouldRetry: 'true',
  },
  burst_limit: {
    rules: { burst_limit: { ...on, pace_from: null, refuse_from: 2 } },
    fill: async (bench) => {
      await bench.sent(person(1), 'one');
      await bench.sent(person(2), 'two');
    },
    limit: { used: 2, limit: 2, window_seconds: 60 },
    waitMs: MINUTE,
    shouldRetry: 'true',
  },
  recipient_cooling_down: {
    rules: { recipient_cooling_down: { ...on, limit: 3, gap_hours: 24 } },
    fill: (bench) => bench.sent(KIM, 'first'),
    limit: { used: 1, limit: 1, window_seconds: 86_400 },
    waitMs: DAY,
  },
  ratio_limit: {
    rules: { ratio_limit: { ...on, min_sends: 3, warn_above: null, pace_above: null, refuse_above: 1 } },
    fill: async (bench) => {
      await bench.writes(person(1));
      await bench.sent(person(1), 'one');
      await bench.sent(person(2), 'two');
    },
    limit: { used: 2, limit: 1, window_seconds: 604_800 },
    waitMs: 7 * DAY,
  },
  duplicate_content: {
    rules: { duplicate_content: { ...on, warn_at: null, limit: 2 } },
    fill: async (bench) => {
      await bench.sent(person(1), 'Hi, your table is ready');
      await bench.sent(person(2), 'Hi, your table is ready');
    },
    text: 'Hi, your table is ready',
    limit: { used: 2, limit: 2, window_seconds: 86_400 },
    waitMs: DAY,
  },
  line_warming_up: {
    rules: {
      line_warming_up: { ...on, steps: [{ through_day: 1, percent: 10 }], mean_factor: null },
      new_conversation_limit: { ...on, per_day: 10, per_hour: null },
    },
    fill: (bench) => bench.sent(person(1), 'welcome'),
    limit: { used: 1, limit: 1, window_seconds: 86_400 },
    waitMs: DAY,
  },
};

describe('a full cap', () => {
  it.each(Object.entries(CASES))(
    '%s refuses with its numbers, and lets the same command pass at the time it names',
    async (rule, { rules, fill, to = KIM, text = 'hello', limit, waitMs, shouldRetry = 'false' }) => {
      const bench = await startLimits('off', rules);
      await fill(bench);
      const refused = await bench.send(to, text);
      expect(refused.status).toBe(429);
      expect(refused.body['error']).toMatchObject({
        type: 'policy_error',
        code: rule,
        limit: { rule, ...limit },
        details: { retry_at: expect.any(Number) },
      });
      const error = Object(refused.body['error']);
      const waits = error.details.retry_at - bench.now();
      expect(Math.abs(waits - waitMs)).toBeLessThan(MINUTE);
      expect(Math.abs(error.retry_after * 1000 - waits)).toBeLessThan(5_000);
      expect(refused.headers.get('x-should-retry')).toBe(shouldRetry);
      expect(refused.headers.get('retry-after')).toBe(
        shouldRetry === 'true' ? String(error.retry_after) : null,
      );
      expect((await bench.request('GET', '/v1/outbox')).body['data']).not.toContainEqual(
        expect.objectContaining({ state: 'queued' }),
      );
      await passesThen(bench, to, text, error.details.retry_at);
    },
  );

  it('is waited for where the client asks for it, with files as with texts', async () => {
    const bench = await startLimits('off', { server_daily_limit: { ...on, limit: 1 } });
    await bench.sent(KIM, 'one');
    const queued = await bench.send(KIM, 'two', { on_limit: 'queue' });
    expect(queued).toMatchObject({
      status: 201,
      body: {
        state: 'deferred',
        status: 'pending',
        limit: { rule: 'server_daily_limit', used: 1, limit: 1 },
      },
    });
    const notBefore = Number(queued.body['not_before']);
    expect(Math.abs(notBefore - bench.now() - DAY)).toBeLessThan(MINUTE);
    const card = { to: KIM, card: { first_name: 'Ada' } };
    expect(await bench.request('POST', '/v1/contact-cards', card)).toMatchObject({
      status: 429,
      body: { error: { code: 'server_daily_limit' } },
    });
    expect(await bench.request('POST', '/v1/contact-cards', { ...card, on_limit: 'queue' })).toMatchObject({
      status: 201,
      body: { state: 'deferred' },
    });
    await bench.step(notBefore - bench.now() + HOUR);
    await vi.waitFor(
      async () => expect(bench.mac.state().received.map(({ text }) => text)).toContain('two'),
      { timeout: 60_000 },
    );
  });
});
