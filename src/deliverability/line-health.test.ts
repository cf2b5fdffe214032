import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNSENT } from '../../test/support/message.ts';
import { instant, type BridgeEvent } from '../domain/index.ts';
import {
  contact,
  DAY,
  delivered,
  guardBench,
  HOUR,
  KIM,
  MINUTE,
  NOON,
  type GuardBench,
} from './test-guard.ts';

/** How a line is paused, flagged, marked and judged, and what is told of it. */
describe('the line', () => {
  let bench: GuardBench;
  beforeEach(() => {
    bench = guardBench({ preset: 'balanced' });
    bench.mature();
  });
  afterEach(() => bench.close());

  const told = <T extends BridgeEvent['type']>(type: T) =>
    bench.events.filter((event): event is Extract<BridgeEvent, { type: T }> => event.type === type);
  /** Sends to a friend who has an open window, so that only delivery is unusual. */
  const hourOf = (n: number, fields: Parameters<GuardBench['send']>[2]) => {
    for (let i = 0; i < n; i += 1) {
      bench.receive(contact(i), bench.clock.now() - 40 * MINUTE + i);
      bench.send(contact(i), bench.clock.now() - 30 * MINUTE + i, fields);
    }
  };

  it('tells each change of its state once, with the reason, and keeps it over a restart', () => {
    bench.guard.order({ do: 'pause', reason: 'holiday' });
    bench.guard.order({ do: 'pause', reason: 'again' });
    bench.guard.order({ do: 'offline' });
    bench.restart();
    expect(bench.guard.line()).toMatchObject({ state: 'paused', paused: { at: NOON, reason: 'holiday' } });
    bench.guard.order({ do: 'resume', reason: 'back' });
    bench.guard.order({ do: 'online' });
    expect(
      told('line.state_changed').map(({ state, previous, reason }) => [state, previous, reason]),
    ).toEqual([
      ['paused', 'active', 'holiday'],
      ['offline', 'paused', 'back'],
      ['active', 'offline', null],
    ]);
  });

  it('is flagged by sends that fail three times as often as usual, with the report of the hour before', () => {
    hourOf(12, { delivery: { ...UNSENT, error: 22 } });
    bench.guard.review();
    const [flagged] = told('line.state_changed');
    expect(flagged).toMatchObject({ state: 'flagged', reason: 'signals: errors', reportAt: NOON });
    expect(bench.guard.line()).toMatchObject({ state: 'flagged', reputation: 'at_risk' });
    bench.clock.advance(3 * HOUR);
    expect(bench.guard.report(instant(NOON))).toMatchObject({ sends: 12, failures: 12 });
    bench.guard.review();
    expect(told('line.state_changed').length).toBe(1);
  });

  it('is flagged by slow delivery, measured against its own week', () => {
    for (let n = 0; n < 30; n += 1) {
      bench.send(contact(n), NOON - 3 * DAY + n, {
        delivery: { ...delivered(NOON), deliveredAt: instant(NOON - 3 * DAY + n + 20_000) },
      });
    }
    const slow = (ms: number) => ({
      delivery: { ...delivered(NOON), deliveredAt: instant(NOON - 30 * MINUTE + ms) },
    });
    hourOf(12, slow(50_000));
    bench.guard.review();
    expect(bench.guard.line().state).toBe('active');
    bench.clock.advance(DAY);
    hourOf(12, { delivery: { ...delivered(NOON), deliveredAt: instant(NOON + DAY - 30 * MINUTE + 65_000) } });
    bench.guard.review();
    expect(told('line.state_changed')).toMatchObject([{ reason: 'signals: delivery_latency' }]);
  });

  it('says nothing from fewer than ten samples', () => {
    hourOf(9, { delivery: { ...UNSENT, error: 22 } });
    bench.guard.review();
    expect(bench.guard.line()).toMatchObject({ state: 'active', reputation: 'healthy' });
  });

  it('is critical when two signals are past their bounds: no outreach for a day, then a ramp', () => {
    hourOf(12, { delivery: { ...UNSENT, isSent: true } });
    hourOf(12, { delivery: { ...UNSENT, error: 22 } });
    bench.guard.review();
    expect(told('line.reputation_changed')).toMatchObject([
      { reputation: 'critical', previous: 'healthy', signals: ['undelivered', 'errors'] },
    ]);
    bench.guard.order({ do: 'clear_flag', reason: null });
    bench.restart();
    expect(bench.guard.line()).toMatchObject({ state: 'active', reputation: 'healthy' });
    // What led to the flag does not raise it again.
    bench.guard.review();
    expect(bench.guard.line().state).toBe('active');
    expect(bench.guard.usage().warmUp).toMatchObject({ from: NOON, day: 0 });
  });

  it('holds outreach while critical, and names when that ends', () => {
    hourOf(12, { delivery: { ...UNSENT, isSent: true } });
    hourOf(12, { delivery: { ...UNSENT, error: 22 } });
    bench.setLimits('balanced', { line_flagged: { enabled: true } });
    bench.guard.review();
    bench.clock.advance(23 * HOUR);
    expect(bench.guard.line()).toMatchObject({ state: 'flagged', heldUntil: NOON + DAY });
    bench.clock.advance(HOUR + 1);
    for (let n = 0; n < 30; n += 1) {
      bench.receive(KIM);
    }
    bench.guard.review();
    expect(bench.guard.line()).toMatchObject({ state: 'active', reputation: 'healthy', heldUntil: null });
    expect(bench.guard.usage().warmUp).toMatchObject({ day: 0, percent: 10 });
  });

  it('keeps a flag that a person set until a person clears it', () => {
    bench.guard.order({ do: 'flag', reason: 'Apple wrote to us' });
    bench.clock.advance(3 * DAY);
    bench.guard.review();
    expect(bench.guard.line().state).toBe('flagged');
    bench.guard.order({ do: 'clear_flag', reason: 'settled' });
    expect(told('line.state_changed').at(-1)).toMatchObject({ state: 'active', reason: 'settled' });
    expect(bench.guard.usage().warmUp).toMatchObject({ day: 0 });
  });

  it('is at risk while few answer and nearly all are new, and has half of its outreach caps then', () => {
    for (let n = 0; n < 25; n += 1) {
      bench.send(contact(n), NOON - HOUR + n);
    }
    bench.guard.review();
    expect(told('line.reputation_changed')).toMatchObject([
      { reputation: 'at_risk', signals: ['response_rate', 'diversity'] },
    ]);
    const caps = bench.guard.usage().entries.filter(({ kind }) => kind === 'cap');
    expect(caps.find(({ rule }) => rule === 'new_conversation_limit')?.limit).toBe(25);
    expect(caps.find(({ rule }) => rule === 'reach_out_limit')?.limit).toBe(100);
    bench.clock.advance(2 * DAY);
    bench.guard.review();
    expect(bench.guard.line().reputation).toBe('healthy');
  });

  it('tells of a limit at 70, 80 and 100 percent, each once until it has fallen well below', () => {
    bench.setLimits('off', { reach_out_limit: { enabled: true, limit: 10 } });
    const marks = () => told('line.limit_reached').map(({ percent, used }) => [percent, used]);
    bench.receive(KIM, NOON - 3 * DAY);
    for (let n = 0; n < 12; n += 1) {
      bench.send(KIM, NOON - 12 * HOUR + n * HOUR);
      bench.clock.advance(1_000);
    }
    expect(marks()).toEqual([
      [70, 7],
      [80, 8],
      [100, 10],
    ]);
    expect(told('line.limit_reached')[0]).toMatchObject({
      rule: 'reach_out_limit',
      limit: 10,
      windowSeconds: 86_400,
    });
    bench.clock.advance(17 * HOUR);
    bench.guard.review();
    bench.send(KIM);
    bench.clock.advance(1_000);
    expect(marks().length).toBe(4);
  });

  it('accepts no new contacts from 80 percent of its tightest cap on, and says which', () => {
    bench.setLimits('off', {
      reach_out_limit: { enabled: true, limit: 10 },
      server_daily_limit: { enabled: true },
    });
    bench.receive(KIM, NOON - 3 * DAY);
    for (let n = 0; n < 7; n += 1) {
      bench.send(KIM, NOON - HOUR + n);
    }
    expect(bench.guard.usage()).toMatchObject({ utilization: 0.7, acceptsNewContacts: true, reason: null });
    bench.send(KIM);
    const usage = bench.guard.usage();
    expect(usage).toMatchObject({ utilization: 0.8, acceptsNewContacts: false, reason: 'reach_out_limit' });
    expect(usage.entries.find(({ rule }) => rule === 'reach_out_limit')).toMatchObject({
      used: 8,
      limit: 10,
      remaining: 2,
      windowSeconds: 86_400,
      nextSlotAt: NOON,
    });
    bench.send(KIM);
    bench.send(KIM);
    expect(bench.guard.usage().entries.find(({ rule }) => rule === 'reach_out_limit')).toMatchObject({
      remaining: 0,
      nextSlotAt: NOON - HOUR + DAY,
    });
  });

  it('reports the hour before a moment, likeliest cause first', () => {
    for (let n = 0; n < 90; n += 1) {
      bench.send(contact(n), NOON - 20 * MINUTE + 1 + n * 100, { text: 'Our sale begins today' });
    }
    const report = bench.guard.report(instant(NOON));
    expect(report).toMatchObject({
      sends: 90,
      inbound: 0,
      byPerson: 90,
      newContacts: 90,
      contacts: 90,
      unansweredContacts: 90,
      ratio: null,
      duplicates: 90,
      failures: 0,
      deliveryMs: { p50: 1_000, samples: 90 },
    });
    expect(report.sendsPerMinute.length).toBe(60);
    expect(Math.max(...report.sendsPerMinute)).toBe(90);
    expect(report.causes.map(({ cause }) => cause)).toEqual(['no_conversation', 'cold_outreach', 'burst']);
  });

  it('knows hammering and night work from conversation', () => {
    for (let n = 0; n < 6; n += 1) {
      bench.send(KIM, NOON - 5 * DAY + n * DAY - DAY);
    }
    bench.send(KIM, NOON - MINUTE);
    expect(bench.guard.report(instant(NOON)).causes[0]).toMatchObject({ cause: 'hammering_non_responders' });
    bench.clock.advance(12 * HOUR);
    for (let n = 0; n < 12; n += 1) {
      bench.send(contact(n), bench.clock.now() - n * 4 * MINUTE);
    }
    expect(bench.guard.report(bench.clock.now()).causes[0]).toMatchObject({ cause: 'off_hours' });
    bench.clock.advance(2 * DAY);
    for (let n = 0; n < 30; n += 1) {
      bench.receive(KIM, bench.clock.now() - 50 * MINUTE + n * MINUTE);
      bench.send(KIM, bench.clock.now() - 50 * MINUTE + n * MINUTE + 1);
    }
    expect(bench.guard.report(bench.clock.now()).causes.filter(({ score }) => score > 0.2)).toEqual([]);
  });
});
