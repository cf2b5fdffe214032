import { afterEach, describe, expect, it } from 'vitest';
import type { LimitOverrides, PresetName } from '../config/index.ts';
import { instant, messageGuid } from '../domain/index.ts';
import { aSend, contact, DAY, guardBench, HOUR, KIM, MINUTE, NOON, type GuardBench } from './test-guard.ts';

/** Every rule by name, over a real ledger: what it refuses, defers or warns of, and what ends that. */
describe('the rules', () => {
  let bench: GuardBench;
  const open = (preset: PresetName = 'balanced', overrides: LimitOverrides = {}): GuardBench => {
    bench = guardBench({ preset, overrides });
    bench.mature();
    return bench;
  };
  afterEach(() => bench.close());

  /** All rules off but these. */
  const only = (overrides: LimitOverrides) => open('off', overrides);

  it('throughput: paces, with a second at least between messages, replies included', () => {
    only({ throughput: { enabled: true } });
    bench.receive(KIM);
    expect(bench.dispatch(KIM).kind).toBe('allow');
    const send = aSend(KIM);
    const verdict = bench.guard.judge(send, bench.clock.now(), 'start');
    expect(verdict).toMatchObject({ kind: 'defer', rule: 'throughput', standing: 'reply' });
    const wait = (verdict.kind === 'defer' ? verdict.until : 0) - bench.clock.now();
    expect(wait).toBeGreaterThanOrEqual(1_000);
    expect(wait).toBeLessThanOrEqual(1_250);
    bench.clock.advance(wait - 1);
    expect(bench.guard.judge(send, bench.clock.now(), 'start').kind).toBe('defer');
    bench.clock.advance(1);
    expect(bench.guard.judge(send, bench.clock.now(), 'start').kind).toBe('allow');
  });

  it('throughput: a person who sends counts, and a clock that is set back holds nothing up', () => {
    only({ throughput: { enabled: true } });
    bench.send(KIM);
    expect(bench.ask(KIM)).toMatchObject({ kind: 'defer', rule: 'throughput' });
    bench.clock.advance(-HOUR);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('pair_rate_limit: both ways with one contact, and passes when the oldest has left the minute', () => {
    only({ pair_rate_limit: { enabled: true } });
    for (let n = 0; n < 15; n += 1) {
      bench.receive(KIM);
      expect(bench.dispatch(KIM).kind).toBe('allow');
      bench.clock.advance(1_000);
    }
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      by: 'cap',
      rule: 'pair_rate_limit',
      numbers: { used: 30, limit: 30, windowSeconds: 60 },
      retryAt: NOON + 60_000,
    });
    expect(bench.ask(contact(1)).kind).toBe('allow');
    bench.clock.advance(45_000);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('pair_rate_limit: counts our side alone where that is configured', () => {
    only({ pair_rate_limit: { enabled: true, counts: 'sent', limit: 2 } });
    bench.receive(KIM);
    bench.receive(KIM);
    bench.send(KIM);
    expect(bench.ask(KIM).kind).toBe('allow');
    bench.send(KIM);
    expect(bench.ask(KIM).kind).toBe('refuse');
  });

  it('server_daily_limit: replies and a person’s sends count, and it holds replies too', () => {
    only({ server_daily_limit: { enabled: true, limit: 3 } });
    bench.receive(KIM);
    bench.send(KIM, NOON - 2 * HOUR);
    bench.send(contact(1), NOON - HOUR);
    expect(bench.dispatch(KIM).kind).toBe('allow');
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      rule: 'server_daily_limit',
      standing: 'reply',
      numbers: { used: 3, limit: 3, windowSeconds: 86_400 },
      retryAt: NOON - 2 * HOUR + DAY,
    });
    bench.clock.advance(DAY - 2 * HOUR);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('burst_limit: begins a command of several messages only where the minute has room for them all', () => {
    only({ burst_limit: { enabled: true, pace_from: 3, refuse_from: null } });
    bench.receive(KIM, NOON - 2 * DAY);
    bench.send(contact(1));
    bench.clock.advance(10_000);
    bench.send(contact(2));
    expect(bench.ask(KIM, { bubbles: 1 }, 'start').kind).toBe('allow');
    const verdict = bench.ask(KIM, { bubbles: 2 }, 'start');
    expect(verdict).toMatchObject({ kind: 'defer', rule: 'burst_limit' });
    expect(verdict.kind === 'defer' ? verdict.until : 0).toBeGreaterThanOrEqual(NOON + MINUTE);
    // More than a minute ever has: it goes when nothing else is in it.
    bench.clock.advance(MINUTE);
    expect(bench.ask(KIM, { bubbles: 9 }, 'start').kind).toBe('allow');
  });

  it('server_daily_limit: what the Mac sends as text messages counts with the rest', () => {
    only({ server_daily_limit: { enabled: true, limit: 2 } });
    bench.send(contact(1), NOON - 2 * HOUR, { service: 'SMS' });
    bench.send(contact(2), NOON - HOUR, { service: 'RCS' });
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      rule: 'server_daily_limit',
      numbers: { used: 2, limit: 2 },
      retryAt: NOON - 2 * HOUR + DAY,
    });
    expect(bench.guard.usage().entries).toContainEqual(
      expect.objectContaining({ rule: 'server_daily_limit', used: 2 }),
    );
  });

  it('recipient_opted_out: nothing after STOP until START, in whatever order the words become known', () => {
    open();
    bench.receive(KIM, NOON, { text: ' Stop. ' });
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      by: 'stop',
      rule: 'recipient_opted_out',
      retryAt: null,
      cure: 'contact_writes_start',
    });
    expect(bench.events).toContainEqual(expect.objectContaining({ type: 'contact.opted_out', handle: KIM }));
    bench.receive(KIM, NOON - DAY, { text: 'START' });
    bench.receive(KIM, NOON + 1, { text: 'hello?' });
    expect(bench.ask(KIM)).toMatchObject({ rule: 'recipient_opted_out' });
    bench.clock.advance(10_000);
    bench.receive(KIM, bench.clock.now(), { text: 'start' });
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('burst_limit: outreach is paced from 30 in a minute and refused from 60; replies are neither', () => {
    only({ burst_limit: { enabled: true } });
    for (let n = 0; n < 30; n += 1) {
      bench.send(contact(n), NOON - 30_000 + n);
    }
    expect(bench.ask(contact(100))).toMatchObject({
      kind: 'defer',
      rule: 'burst_limit',
      numbers: { used: 30, limit: 30, windowSeconds: 60 },
    });
    for (let n = 30; n < 60; n += 1) {
      bench.send(contact(n), NOON - 30_000 + n);
    }
    expect(bench.ask(contact(100))).toMatchObject({
      kind: 'refuse',
      by: 'cap',
      rule: 'burst_limit',
      numbers: { used: 60, limit: 60 },
      retryAt: NOON + 30_000,
    });
    bench.receive(KIM);
    expect(bench.ask(KIM).kind).toBe('allow');
    bench.clock.advance(30_000);
    expect(bench.ask(contact(100)).kind).toBe('defer');
    bench.clock.advance(1_000);
    expect(bench.ask(contact(100)).kind).toBe('allow');
  });

  it('burst_limit: what waits counts when a command is accepted, and not when the lane asks', () => {
    only({ burst_limit: { enabled: true } });
    for (let n = 0; n < 60; n += 1) {
      bench.guard.reserve(aSend(contact(n)), instant(NOON + n * 1_000), instant(NOON + DAY));
    }
    expect(bench.ask(contact(100))).toMatchObject({ kind: 'refuse', rule: 'burst_limit' });
    expect(bench.ask(contact(0), {}, 'start').kind).toBe('allow');
  });

  it('contact_first: nothing to who never wrote, by the wire’s own code', () => {
    open('messages_dev');
    bench.send(KIM);
    bench.clock.advance(10_000);
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      by: 'stop',
      rule: 'contact_has_not_messaged',
      cure: 'contact_writes',
    });
    bench.receive(KIM);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('new_conversation_limit: 15 in an hour are paced, 50 in a day refused, and who wrote first counts in neither', () => {
    only({ new_conversation_limit: { enabled: true } });
    for (let n = 0; n < 15; n += 1) {
      expect(bench.dispatch(contact(n)).kind).toBe('allow');
    }
    const deferred = bench.ask(contact(99));
    expect(deferred).toMatchObject({ kind: 'defer', rule: 'new_conversation_limit' });
    expect(deferred.kind === 'defer' && deferred.until).toBeGreaterThanOrEqual(NOON + HOUR);
    expect(bench.ask(contact(0)).kind).toBe('allow');
    bench.receive(KIM);
    expect(bench.ask(KIM).kind).toBe('allow');
    bench.clock.advance(HOUR);
    for (let n = 15; n < 50; n += 1) {
      bench.clock.advance(10 * MINUTE);
      expect(bench.dispatch(contact(n)).kind, `contact ${n}`).toBe('allow');
    }
    bench.clock.advance(HOUR);
    expect(bench.ask(contact(99))).toMatchObject({
      kind: 'refuse',
      by: 'cap',
      rule: 'new_conversation_limit',
      numbers: { used: 50, limit: 50, windowSeconds: 86_400 },
      retryAt: NOON + DAY,
    });
    expect(bench.ask(contact(99), { onLimit: 'queue' })).toMatchObject({
      kind: 'defer',
      rule: 'new_conversation_limit',
      until: NOON + DAY,
    });
    bench.clock.advance(NOON + DAY - bench.clock.now());
    expect(bench.ask(contact(99)).kind).toBe('allow');
  });

  it('cold_outreach: warns of a first message without opt-in, in `strict` stops it', () => {
    open();
    expect(bench.ask(KIM, { optIn: null }).warnings).toEqual([
      { rule: 'cold_outreach', message: expect.stringContaining('opt_in') },
    ]);
    expect(bench.ask(KIM).warnings).toEqual([]);
    bench.setLimits('strict', { contact_first: { enabled: false } });
    expect(bench.ask(KIM, { optIn: null })).toMatchObject({
      kind: 'refuse',
      by: 'stop',
      rule: 'cold_outreach',
      cure: 'give_opt_in',
    });
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('reach_out_limit: sends outside windows, 200 in a day', () => {
    only({ reach_out_limit: { enabled: true } });
    for (let n = 0; n < 200; n += 1) {
      bench.receive(contact(n), NOON - 3 * DAY);
      bench.send(contact(n), NOON - HOUR + n);
    }
    bench.receive(KIM, NOON - 3 * DAY);
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      rule: 'reach_out_limit',
      standing: 'reach_out',
      numbers: { used: 200, limit: 200, windowSeconds: 86_400 },
      retryAt: NOON - HOUR + DAY,
    });
    bench.receive(contact(7));
    expect(bench.ask(contact(7)).kind).toBe('allow');
  });

  it('unanswered_limit: the fifth passes, the sixth is refused; inside a window bubbles are counted, never refused', () => {
    only({ unanswered_limit: { enabled: true } });
    bench.receive(KIM);
    for (let n = 0; n < 7; n += 1) {
      expect(bench.dispatch(KIM).kind).toBe('allow');
      bench.clock.advance(1_000);
    }
    bench.clock.advance(DAY);
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      by: 'stop',
      rule: 'unanswered_limit',
      numbers: { used: 7, limit: 5 },
      cure: 'contact_writes',
    });
    bench.receive(KIM);
    bench.clock.advance(DAY);
    for (let n = 1; n <= 5; n += 1) {
      const verdict = bench.dispatch(KIM);
      expect(verdict).toMatchObject({ kind: 'allow', standing: 'reach_out' });
      expect(verdict.warnings.length, `message ${n}`).toBe(n >= 3 ? 1 : 0);
      bench.clock.advance(1_000);
    }
    expect(bench.ask(KIM)).toMatchObject({ kind: 'refuse', numbers: { used: 5, limit: 5 } });
  });

  it('unanswered_limit: of follow-ups the first message is none', () => {
    only({ unanswered_limit: { enabled: true, limit: 3, unit: 'follow_ups' } });
    for (let n = 0; n < 4; n += 1) {
      expect(bench.dispatch(KIM).kind, `message ${n}`).toBe('allow');
    }
    expect(bench.ask(KIM)).toMatchObject({ kind: 'refuse', numbers: { used: 3, limit: 3 } });
  });

  it('unanswered_limit: a tapback is no answer', () => {
    only({ unanswered_limit: { enabled: true, limit: 1 } });
    bench.send(KIM);
    bench.receive(KIM, NOON, {
      kind: {
        kind: 'reaction',
        action: 'add',
        reaction: 'love',
        emoji: null,
        target: messageGuid('T'),
        part: 0,
      },
    });
    expect(bench.ask(KIM)).toMatchObject({ kind: 'refuse', rule: 'unanswered_limit' });
  });

  it('recipient_cooling_down: a day between follow-ups, three at most', () => {
    only({ recipient_cooling_down: { enabled: true } });
    bench.receive(KIM, NOON - 3 * DAY);
    for (let n = 0; n < 3; n += 1) {
      expect(bench.dispatch(KIM).kind, `follow-up ${n}`).toBe('allow');
      expect(bench.ask(KIM)).toMatchObject({ kind: 'refuse', by: 'cap', rule: 'recipient_cooling_down' });
      bench.clock.advance(DAY);
    }
    expect(bench.ask(KIM, { onLimit: 'queue' })).toMatchObject({
      kind: 'refuse',
      rule: 'recipient_cooling_down',
      numbers: { used: 3, limit: 3 },
      retryAt: null,
      cure: 'contact_writes',
    });
    bench.receive(KIM);
    bench.clock.advance(DAY);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('recipient_cooling_down: names the time, and the same command passes then', () => {
    only({ recipient_cooling_down: { enabled: true } });
    bench.receive(KIM, NOON - 3 * DAY);
    bench.send(KIM, NOON - HOUR);
    const send = aSend(KIM);
    const verdict = bench.guard.judge(send, bench.clock.now(), 'accept');
    expect(verdict).toMatchObject({ kind: 'refuse', retryAt: NOON - HOUR + DAY });
    bench.clock.advance(DAY - HOUR - 1);
    expect(bench.guard.judge(send, bench.clock.now(), 'accept').kind).toBe('refuse');
    bench.clock.advance(1);
    expect(bench.guard.judge(send, bench.clock.now(), 'accept').kind).toBe('allow');
  });

  it('ratio_limit: warns over 3, paces over 6, refuses over 10 to one, and passes at the time that it names', () => {
    bench = guardBench({ preset: 'off', overrides: { ratio_limit: { enabled: true } } });
    for (let n = 0; n < 6; n += 1) {
      bench.receive(contact(1), NOON - 5 * DAY + n);
    }
    const fill = (upTo: number, from: number) => {
      for (let n = from; n < upTo; n += 1) {
        bench.send(contact(1), NOON - 4 * DAY + n);
      }
    };
    fill(18, 0);
    expect(bench.ask(KIM)).toMatchObject({ kind: 'allow', warnings: [] });
    fill(19, 18);
    expect(bench.ask(KIM).warnings).toMatchObject([{ rule: 'ratio_limit' }]);
    fill(36, 19);
    bench.send(contact(2), NOON - 10_000);
    expect(bench.ask(KIM)).toMatchObject({ kind: 'defer', rule: 'ratio_limit' });
    fill(59, 36);
    expect(bench.ask(KIM)).toMatchObject({
      kind: 'refuse',
      by: 'cap',
      rule: 'ratio_limit',
      numbers: { used: 10, limit: 10, windowSeconds: 604_800 },
    });
    const verdict = bench.ask(KIM);
    const retryAt = verdict.kind === 'refuse' && verdict.retryAt !== null ? verdict.retryAt : NOON;
    bench.clock.advance(retryAt - 1 - NOON);
    expect(bench.ask(KIM).kind).toBe('refuse');
    bench.clock.advance(1);
    expect(bench.ask(KIM).kind).not.toBe('refuse');
    bench.receive(KIM);
    expect(bench.ask(KIM).standing).toBe('reply');
  });

  it('ratio_limit: failures are no sends, and fewer than 20 have no ratio', () => {
    bench = guardBench({ preset: 'off', overrides: { ratio_limit: { enabled: true } } });
    for (let n = 0; n < 18; n += 1) {
      bench.send(contact(n), NOON - HOUR + n);
    }
    const failed = { isSent: false, isDelivered: false, deliveredAt: null, error: 22 };
    for (let n = 0; n < 5; n += 1) {
      bench.send(contact(n), NOON - HOUR, {
        delivery: {
          isRead: false,
          readAt: null,
          wasDowngraded: false,
          wasDeliveredQuietly: false,
          didNotifyRecipient: false,
          ...failed,
        },
      });
    }
    expect(bench.ask(KIM).kind).toBe('allow');
    bench.send(contact(1), NOON - HOUR);
    expect(bench.ask(KIM)).toMatchObject({ kind: 'refuse', rule: 'ratio_limit', numbers: { used: 19 } });
  });
});
