import { afterEach, describe, expect, it } from 'vitest';
import type { LimitOverrides, PresetName } from '../config/index.ts';
import { chatKey, chatRef, handle } from '../domain/index.ts';
import { aSend, contact, DAY, guardBench, HOUR, KIM, MINUTE, NOON, type GuardBench } from './test-guard.ts';

/** The rest of the rules: those of content, of hours and of the line as a whole. */
describe('the rules of content, hours and line', () => {
  let bench: GuardBench;
  const open = (preset: PresetName = 'balanced', overrides: LimitOverrides = {}): GuardBench => {
    bench = guardBench({ preset, overrides });
    bench.mature();
    return bench;
  };
  afterEach(() => bench.close());

  /** All rules off but these. */
  const only = (overrides: LimitOverrides) => open('off', overrides);

  it('response_rate: outreach waits minutes while hardly anyone writes back', () => {
    only({ response_rate: { enabled: true } });
    for (let n = 0; n < 20; n += 1) {
      bench.send(contact(n), NOON - 2 * DAY + n);
    }
    bench.send(contact(30), NOON - 10_000);
    const verdict = bench.ask(KIM);
    expect(verdict).toMatchObject({ kind: 'defer', rule: 'response_rate', numbers: { limit: 15 } });
    const wait = (verdict.kind === 'defer' ? verdict.until : 0) - (NOON - 10_000);
    expect(wait).toBeGreaterThanOrEqual(MINUTE);
    expect(wait).toBeLessThanOrEqual(30 * MINUTE);
    for (let n = 0; n < 4; n += 1) {
      bench.receive(contact(n), NOON - DAY);
    }
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('response_rate: a share just below the limit is not rounded up to it', () => {
    only({ response_rate: { enabled: true } });
    for (let n = 0; n < 212; n += 1) {
      bench.send(contact(n), NOON - 2 * DAY + n);
    }
    bench.send(contact(300), NOON - 10_000);
    // With the friend of before 32 of 214: 14.953 percent.
    for (let n = 0; n < 31; n += 1) {
      bench.receive(contact(n), NOON - DAY);
    }
    expect(bench.ask(KIM)).toMatchObject({ kind: 'defer', rule: 'response_rate', numbers: { used: 14.9 } });
    bench.receive(contact(31), NOON - DAY);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('diversity: warns of many sends to few, and of a day that is nearly all new', () => {
    bench = guardBench({ preset: 'off', overrides: { diversity: { enabled: true } } });
    for (let n = 0; n < 200; n += 1) {
      bench.send(contact(n % 4), NOON - HOUR + n);
    }
    expect(bench.ask(KIM).warnings).toMatchObject([{ rule: 'diversity' }]);
    bench.send(contact(10), NOON - HOUR);
    expect(bench.ask(KIM).warnings).toEqual([]);
    for (let n = 11; n < 40; n += 1) {
      bench.send(contact(n), NOON - MINUTE);
    }
    expect(bench.ask(KIM).warnings).toMatchObject([{ rule: 'diversity' }]);
  });

  it('duplicate_content: warns at 10 contacts, refuses past 50; who has it may have it again', () => {
    only({ duplicate_content: { enabled: true } });
    const text = (n: number) => `Hi Kim, your code is ${n}`;
    for (let n = 0; n < 9; n += 1) {
      bench.send(contact(n), NOON - HOUR + n, { text: text(n) });
    }
    expect(bench.ask(KIM, { text: text(100) }).warnings).toMatchObject([{ rule: 'duplicate_content' }]);
    for (let n = 9; n < 50; n += 1) {
      bench.send(contact(n), NOON - HOUR + n, { text: text(n) });
    }
    expect(bench.ask(KIM, { text: text(100) })).toMatchObject({
      kind: 'refuse',
      by: 'cap',
      rule: 'duplicate_content',
      numbers: { used: 50, limit: 50, windowSeconds: 86_400 },
      retryAt: NOON - HOUR + DAY,
    });
    expect(bench.ask(contact(3), { text: text(7) }).kind).toBe('allow');
    expect(bench.ask(KIM, { text: 'Something else' }).kind).toBe('allow');
    bench.receive(KIM);
    expect(bench.ask(KIM, { text: text(100) }).kind).toBe('allow');
  });

  it('first_message_content: no link and no file before the contact wrote', () => {
    only({ first_message_content: { enabled: true } });
    const refused = {
      kind: 'refuse',
      by: 'stop',
      rule: 'first_message_content',
      cure: 'remove_link_or_file',
    };
    expect(bench.ask(KIM, { text: 'see example.com' })).toMatchObject(refused);
    expect(bench.ask(KIM, { hasFiles: true })).toMatchObject(refused);
    expect(bench.ask(KIM, { text: 'hello' }).kind).toBe('allow');
    bench.receive(KIM, NOON - 30 * DAY);
    expect(bench.ask(KIM, { text: 'see example.com' }).kind).toBe('allow');
  });

  it('quiet_hours: outreach waits for the contact’s morning, replies do not', () => {
    only({ quiet_hours: { enabled: true } });
    bench.clock.advance(10 * HOUR);
    const verdict = bench.ask(KIM);
    expect(verdict).toMatchObject({ kind: 'defer', rule: 'quiet_hours' });
    const morning = Date.UTC(2026, 4, 14, 12);
    const until = verdict.kind === 'defer' ? verdict.until : 0;
    expect(until).toBeGreaterThanOrEqual(morning);
    expect(until).toBeLessThanOrEqual(morning + 15 * MINUTE);
    bench.receive(KIM, bench.clock.now());
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('line_warming_up: a young line has a share of the caps that grows with its days', () => {
    bench = guardBench({
      preset: 'off',
      overrides: {
        line_warming_up: { enabled: true, mean_factor: null },
        new_conversation_limit: { enabled: true, per_hour: null },
      },
    });
    const capOnDay = (day: number): number => {
      bench.clock.advance(NOON + day * DAY - bench.clock.now());
      const full = bench.guard.usage().entries.find(({ rule }) => rule === 'line_warming_up');
      return full?.limit ?? 50;
    };
    bench.receive(contact(0), NOON);
    for (let n = 0; n < 5; n += 1) {
      expect(bench.dispatch(contact(100 + n)).kind).toBe('allow');
    }
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      by: 'cap',
      rule: 'line_warming_up',
      numbers: { used: 5, limit: 5, windowSeconds: 86_400 },
      retryAt: NOON + DAY,
    });
    bench.receive(KIM, NOON);
    expect(bench.ask(KIM).kind).toBe('allow');
    expect([0, 2, 3, 6, 7, 10, 11, 14, 15].map(capOnDay)).toEqual([5, 5, 12, 12, 25, 25, 37, 37, 50]);
  });

  it('line_warming_up: passes at the ramp’s next step where that comes before a slot is free', () => {
    bench = guardBench({
      preset: 'off',
      overrides: {
        line_warming_up: { enabled: true, mean_factor: null },
        new_conversation_limit: { enabled: true, per_hour: null },
      },
    });
    bench.receive(contact(0), NOON);
    bench.clock.advance(3 * DAY - HOUR);
    for (let n = 0; n < 5; n += 1) {
      bench.dispatch(contact(100 + n));
    }
    expect(bench.ask(KIM)).toMatchObject({ rule: 'line_warming_up', retryAt: NOON + 3 * DAY });
    bench.clock.advance(HOUR);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('line_warming_up: from the fourth day on also no more than three times the mean of three days', () => {
    bench = guardBench({
      preset: 'off',
      overrides: { line_warming_up: { enabled: true }, new_conversation_limit: { enabled: true } },
    });
    bench.receive(contact(0), NOON - 4 * DAY);
    bench.send(contact(1), NOON - 2 * DAY);
    bench.send(contact(2), NOON - 2 * DAY);
    expect(bench.ask(KIM).kind).toBe('allow');
    bench.dispatch(contact(3));
    bench.dispatch(contact(4));
    // Four in three days: a mean of 1⅓, and three times that is 4; two of them are of this day.
    bench.dispatch(contact(5));
    bench.dispatch(contact(6));
    expect(bench.ask(KIM).kind).toBe('allow');
    bench.setLimits('off', {
      line_warming_up: { enabled: true, mean_factor: 1 },
      new_conversation_limit: { enabled: true },
    });
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      rule: 'line_warming_up',
      numbers: { used: 4, limit: 2 },
    });
  });

  it('line_warming_up: a line that was idle for a month begins again, one with a shorter pause does not', () => {
    open('off', { line_warming_up: { enabled: true }, reach_out_limit: { enabled: true } });
    const isRamping = () => bench.guard.usage().warmUp !== null;
    expect(isRamping()).toBe(false);
    bench.clock.advance(27 * DAY);
    expect(isRamping()).toBe(false);
    bench.clock.advance(2 * DAY);
    expect(bench.guard.usage().warmUp).toMatchObject({ day: 0, percent: 10 });
    bench.receive(KIM, bench.clock.now());
    bench.clock.advance(4 * DAY);
    expect(bench.guard.usage().warmUp).toMatchObject({ day: 4, percent: 25 });
    bench.clock.advance(11 * DAY);
    expect(isRamping()).toBe(false);
  });

  it('inbound_contacts: warns past a thousand strangers in a day, spam left out', () => {
    bench = guardBench({ preset: 'off', overrides: { inbound_contacts: { enabled: true, limit: 3 } } });
    for (let n = 0; n < 3; n += 1) {
      bench.receive(contact(n));
    }
    bench.receive(contact(9), NOON, { filtering: { isSpam: true, chat: 'spam', action: 'none' } });
    expect(bench.ask(contact(0)).warnings).toEqual([]);
    bench.receive(contact(4));
    expect(bench.ask(contact(0)).warnings).toMatchObject([{ rule: 'inbound_contacts' }]);
  });

  it('line_idle: warns after a month without a message', () => {
    open('off', { line_idle: { enabled: true } });
    bench.clock.advance(27 * DAY);
    expect(bench.ask(KIM).warnings).toEqual([]);
    bench.clock.advance(DAY + HOUR);
    expect(bench.ask(KIM).warnings).toMatchObject([{ rule: 'line_idle' }]);
  });

  it('line_paused stops all, line_flagged all but replies, under every preset', () => {
    open('off');
    bench.receive(KIM);
    bench.guard.order({ do: 'pause', reason: 'holiday' });
    expect(bench.ask(KIM)).toMatchObject({ kind: 'refuse', rule: 'line_paused', cure: 'resume_line' });
    bench.guard.order({ do: 'resume', reason: null });
    bench.guard.order({ do: 'flag', reason: 'the vendor said so' });
    expect(bench.ask(KIM).kind).toBe('allow');
    expect(bench.ask(contact(1))).toMatchObject({
      kind: 'refuse',
      by: 'stop',
      rule: 'line_flagged',
      cure: 'clear_flag',
    });
    bench.guard.order({ do: 'clear_flag', reason: null });
    expect(bench.ask(contact(1)).kind).toBe('allow');
  });

  it('a further message of a command that has begun is held only by what binds replies', () => {
    open('balanced');
    const send = aSend(KIM, { bubbles: 2 });
    expect(bench.guard.judge(send, bench.clock.now(), 'start').kind).toBe('allow');
    bench.guard.commit(send, 0);
    bench.clock.advance(2_000);
    const rest = { ...send, bubbles: 1 };
    expect(bench.guard.judge(rest, bench.clock.now(), 'start').kind).toBe('refuse');
    expect(bench.guard.judge(rest, bench.clock.now(), 'continue').kind).toBe('allow');
    bench.guard.order({ do: 'pause', reason: 'now' });
    expect(bench.guard.judge(rest, bench.clock.now(), 'continue').kind).toBe('refuse');
  });

  it('a group is one contact: its window is anyone’s message, its unanswered are its own', () => {
    only({ unanswered_limit: { enabled: true, limit: 1 }, new_conversation_limit: { enabled: true } });
    const group = { chat: chatKey('group', 'chat42'), recipients: [handle(KIM), handle(contact(1))] };
    const inGroup = { chat: chatRef('group', 'chat42') };
    expect(bench.ask(KIM, group).standing).toBe('new_conversation');
    bench.send(KIM, NOON, inGroup);
    expect(bench.ask(KIM, group)).toMatchObject({ kind: 'refuse', standing: 'reach_out' });
    expect(bench.ask(KIM)).toMatchObject({ kind: 'allow', standing: 'new_conversation' });
    bench.receive(contact(1), NOON, inGroup);
    expect(bench.ask(KIM, group).standing).toBe('reply');
  });

  it('a dry run lists every rule, with numbers, and names the version of the limits', () => {
    open();
    const { verdict, rules } = bench.guard.verdicts(aSend(KIM), bench.clock.now());
    expect(verdict).toMatchObject({ kind: 'allow', limits: expect.stringMatching(/^balanced\//u) });
    expect(rules.map(({ rule }) => rule)).toContain('reach_out_limit');
    expect(rules.length).toBe(22);
    expect(rules.find(({ rule }) => rule === 'server_daily_limit')?.finding).toMatchObject({
      outcome: 'pass',
      numbers: { used: 0, limit: 5_000 },
    });
    expect(rules.find(({ rule }) => rule === 'contact_first')?.finding).toEqual({ outcome: 'off' });
  });
});
