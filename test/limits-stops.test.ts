import { afterEach, describe, expect, it, vi } from 'vitest';
import { cleanUp } from './support/cleanup.ts';
import { HOUR, KIM, LINE, person, startLimits, until, type LimitsBench } from './support/limits.ts';

vi.setConfig({ testTimeout: 180_000 });
afterEach(cleanUp);

const on = { enabled: true } as const;

interface Case {
  readonly rules: Parameters<typeof startLimits>[1];
  /** What makes the rule refuse. */
  readonly before?: (bench: LimitsBench) => Promise<unknown>;
  readonly text?: string;
  /** What the refusal is called, where it is not the rule. */
  readonly code?: string;
  readonly cure: string;
  readonly heal: (bench: LimitsBench) => Promise<unknown>;
  /** What the command says besides after the cure. */
  readonly afterwards?: object;
}

const order = async (bench: LimitsBench, act: string) => {
  const answer = await bench.request('POST', `/v1/lines/${encodeURIComponent(LINE)}/${act}`, {
    reason: 'a test',
  });
  expect(answer.status).toBe(200);
  return answer;
};

const CASES: Readonly<Record<string, Case>> = {
  recipient_opted_out: {
    rules: { recipient_opted_out: on },
    before: (bench) => bench.writes(KIM, 'Stop.'),
    cure: 'contact_writes_start',
    heal: (bench) => bench.writes(KIM, 'start'),
  },
  contact_first: {
    rules: { contact_first: on },
    code: 'contact_has_not_messaged',
    cure: 'contact_writes',
    heal: (bench) => bench.writes(KIM),
  },
  cold_outreach: {
    rules: { cold_outreach: { ...on, action: 'stop' } },
    cure: 'give_opt_in',
    heal: () => Promise.resolve(),
    afterwards: { opt_in: { source: 'signup form', at: 1_700_000_000_000 } },
  },
  first_message_content: {
    rules: { first_message_content: on },
    text: 'Look at https://example.com/offer',
    cure: 'remove_link_or_file',
    heal: (bench) => bench.writes(KIM),
  },
  unanswered_limit: {
    rules: { unanswered_limit: { ...on, warn_at: null, limit: 2 } },
    before: async (bench) => {
      await bench.sent(KIM, 'one');
      await bench.sent(KIM, 'two');
    },
    cure: 'contact_writes',
    heal: (bench) => bench.writes(KIM),
  },
  line_paused: {
    rules: {},
    before: (bench) => order(bench, 'pause'),
    cure: 'resume_line',
    heal: (bench) => order(bench, 'resume'),
  },
  line_flagged: {
    rules: {},
    before: (bench) => order(bench, 'flag'),
    cure: 'clear_flag',
    heal: (bench) => order(bench, 'clear'),
  },
};

describe('a stop', () => {
  it.each(Object.entries(CASES))(
    '%s refuses, names what cures it, and lets the same command pass after that',
    async (rule, { rules, before, text = 'hello', code = rule, cure, heal, afterwards = {} }) => {
      const bench = await startLimits('off', rules);
      await bench.phones(person(9), 'so that the line is known');
      await before?.(bench);
      const refused = await bench.send(KIM, text);
      expect(refused.status).toBe(403);
      expect(refused.body['error']).toMatchObject({
        type: 'policy_error',
        code,
        param: 'to',
        limit: { rule: code },
        details: { cure },
      });
      expect(refused.body['error']).not.toHaveProperty('retry_after');
      expect(refused.headers.get('x-should-retry')).toBe('false');
      await heal(bench);
      await bench.sent(KIM, text, afterwards);
    },
  );

  it('lets replies of a flagged line go, and tells of it with the report of the hour before', async () => {
    const bench = await startLimits('balanced', { throughput: { enabled: false } });
    await bench.phones(person(9), 'so that the line is known');
    await bench.writes(KIM);
    const waiting = await bench.send(person(1), 'later', { not_before: bench.now() + 3_600_000 });
    expect(waiting.body).toMatchObject({ state: 'deferred' });
    expect((await order(bench, 'flag')).body).toMatchObject({ state: 'flagged', state_reason: 'a test' });
    await bench.sent(KIM, 'an answer');
    const event = await bench.tells('line.state_changed', { state: 'flagged', reason: 'a test' });
    const at = Object(event['data'])['report_at'];
    const report = await bench.request('GET', `/v1/lines/${encodeURIComponent(LINE)}/report?at=${at}`);
    expect(report).toMatchObject({ status: 200, body: { at, inbound: 1, sends: 1, by_person: 1 } });
    expect(bench.mac.state().received.map(({ text }) => text)).not.toContain('later');
  });

  it('lets what was accepted before a pause wait, over a restart too', async () => {
    const bench = await startLimits('off', {});
    await bench.phones(KIM, 'so that the line is known');
    const { body } = await bench.send(KIM, 'before the pause', { not_before: bench.now() + HOUR });
    await order(bench, 'pause');
    await bench.step(HOUR);
    await until(async () => expect((await bench.item(body['id']))['state']).toBe('queued'));
    expect(await bench.send(KIM, 'after it')).toMatchObject({ status: 403 });
    expect((await order(bench, 'resume')).body).toMatchObject({ state: 'active' });
    await until(async () => expect((await bench.item(body['id']))['status']).toBe('sent'));
  });
});
