import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from './support/cleanup.ts';
import {
  DAY,
  HOUR,
  KIM,
  LINE,
  MINUTE,
  person,
  startLimits,
  until,
  type LimitsBench,
} from './support/limits.ts';

vi.setConfig({ testTimeout: 180_000 });
afterEach(cleanUp);

const on = { enabled: true } as const;

interface Pace {
  readonly rules: Parameters<typeof startLimits>[1];
  readonly before?: (bench: LimitsBench) => Promise<unknown>;
  /** How long it waits, at least and at most. */
  readonly waits: readonly [number, number];
}

const sentTo = (bench: LimitsBench, ...people: readonly number[]) =>
  people.reduce((before, n) => before.then(() => bench.sent(person(n), `hello ${n}`)), Promise.resolve());

const PACES: Readonly<Record<string, Pace>> = {
  throughput: {
    // A long one, so that a slow machine is not past it before it asks.
    rules: { throughput: { ...on, gap_seconds: 60 } },
    before: (bench) => sentTo(bench, 1),
    waits: [20_000, 75_000],
  },
  burst_limit: {
    rules: { burst_limit: { ...on, pace_from: 1, refuse_from: null } },
    before: (bench) => sentTo(bench, 1),
    waits: [20_000, 75_000],
  },
  new_conversation_limit: {
    rules: { new_conversation_limit: { ...on, per_day: null, per_hour: 1 } },
    before: (bench) => sentTo(bench, 1),
    waits: [HOUR - MINUTE, 1.25 * HOUR],
  },
  ratio_limit: {
    rules: {
      ratio_limit: {
        ...on,
        min_sends: 2,
        warn_above: null,
        pace_above: 1,
        refuse_above: null,
        pace_gap_seconds: 600,
      },
    },
    before: async (bench) => {
      await bench.writes(person(1));
      await sentTo(bench, 1, 2);
    },
    waits: [400_000, 750_000],
  },
  response_rate: {
    rules: {
      response_rate: { ...on, percent: 90, min_contacts: 1, min_wait_minutes: 10, max_wait_minutes: 30 },
    },
    before: async (bench) => {
      await sentTo(bench, 1);
      // Who answers is counted now and then.
      await bench.step(2 * MINUTE);
    },
    waits: [7 * MINUTE, 30 * MINUTE],
  },
  quiet_hours: {
    // It is noon in New York.
    rules: { quiet_hours: { ...on, from: '11:00', to: '14:00', spread_minutes: 15 } },
    waits: [1.9 * HOUR, 2.25 * HOUR + MINUTE],
  },
};

describe('a pace', () => {
  it.each(Object.entries(PACES))(
    '%s answers deferred with the time, and sends then',
    async (rule, { rules, before, waits }) => {
      const bench = await startLimits('off', rules);
      await before?.(bench);
      const deferred = await bench.send(KIM, 'hello', { on_limit: 'reject' });
      expect(deferred).toMatchObject({
        status: 201,
        body: { state: 'deferred', status: 'pending', error: null, limit: { rule } },
      });
      const notBefore = Number(deferred.body['not_before']);
      expect(notBefore - bench.now()).toBeGreaterThan(waits[0]);
      expect(notBefore - bench.now()).toBeLessThan(waits[1]);
      expect(bench.mac.state().received.map(({ to }) => to)).not.toContain(KIM);
      await bench.step(notBefore - bench.now());
      await until(async () =>
        expect(await bench.item(deferred.body['id'])).toMatchObject({ status: 'sent' }),
      );
    },
  );

  it('goes by the zone that was set for the contact', async () => {
    const bench = await startLimits('off', { quiet_hours: on });
    const contact = `/v1/lines/${encodeURIComponent(LINE)}/contacts/${encodeURIComponent(KIM)}`;
    await bench.phones(person(9), 'so that the line is known');
    expect((await bench.request('GET', contact)).body).toMatchObject({
      known: false,
      standing: 'new_conversation',
      can_send: { allowed: true },
    });
    expect(await bench.request('PATCH', contact, { time_zone: 'Asia/Nowhere' })).toMatchObject({
      status: 400,
      body: { error: { param: 'time_zone' } },
    });
    // One o'clock in the morning.
    expect((await bench.request('PATCH', contact, { time_zone: 'Asia/Tokyo' })).body).toMatchObject({
      time_zone: 'Asia/Tokyo',
      can_send: { allowed: true, code: 'quiet_hours', retry_at: expect.any(Number) },
    });
    expect((await bench.send(KIM, 'hello')).body).toMatchObject({ state: 'deferred' });
    await bench.writes(KIM);
    await bench.sent(KIM, 'an answer');
  });
});

describe('a warning', () => {
  it('stands on the item and its event, and holds nothing back', async () => {
    const bench = await startLimits('off', {
      cold_outreach: { ...on, action: 'warn' },
      unanswered_limit: { ...on, warn_at: 2, limit: 5 },
      ratio_limit: { ...on, min_sends: 1, warn_above: 1, pace_above: null, refuse_above: null },
      duplicate_content: { ...on, warn_at: 2, limit: 9 },
      diversity: { ...on, sends: 1, contacts: 9 },
      inbound_contacts: { ...on, limit: 0 },
    });
    await bench.writes(person(1));
    await bench.sent(person(1), 'hello');
    const cold = await warningsOf(bench, 'hello');
    expect(cold.toSorted()).toEqual([
      'cold_outreach',
      'diversity',
      'duplicate_content',
      'inbound_contacts',
      'ratio_limit',
    ]);
    expect(await warningsOf(bench, 'hello again')).toContain('unanswered_limit');
  });

  it('is given for a line that Apple may take for given up', async () => {
    const bench = await startLimits('off', { line_idle: { ...on, warn_days: 1, alarm_days: 2 } });
    await bench.writes(person(1));
    await bench.step(1.5 * DAY);
    expect(await warningsOf(bench, 'hello')).toEqual(['line_idle']);
  });
});

/** The rules that warn of a text to Kim, which goes all the same. */
async function warningsOf(bench: LimitsBench, text: string): Promise<string[]> {
  const { status, body } = await bench.send(KIM, text);
  expect(status).toBe(201);
  const warnings = Array.isArray(body['warnings']) ? body['warnings'] : [];
  expect(warnings).not.toContainEqual(expect.objectContaining({ message: '' }));
  const event = await bench.tells('command.updated', { id: body['id'], state: 'queued' });
  expect(event['data']).toMatchObject({ warnings });
  await until(async () => expect(await bench.item(body['id'])).toMatchObject({ status: 'sent' }));
  return warnings.map(({ rule }) => String(rule));
}
