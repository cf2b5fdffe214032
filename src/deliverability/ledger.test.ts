import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UNSENT } from '../../test/support/message.ts';
import { chatKey, chatRef, commandId, handle, instant, messageGuid } from '../domain/index.ts';
import {
  aSend,
  contact,
  DAY,
  delivered,
  guardBench,
  HOUR,
  KIM,
  MINUTE,
  NOON,
  receivedFrom,
  sentTo,
  type GuardBench,
} from './test-guard.ts';

/** What counts, when, and as what: the cases in which counting goes wrong. */
describe('the ledger', () => {
  let bench: GuardBench;
  beforeEach(() => {
    bench = guardBench({ preset: 'balanced' });
  });
  afterEach(() => bench.close());

  const usedToday = () =>
    bench.guard.usage().entries.find(({ rule }) => rule === 'server_daily_limit')?.used ?? -1;
  const kim = () => bench.guard.contact(chatKey('direct', KIM));

  it('counts what a person sends from the phone', () => {
    bench.send(KIM);
    expect(usedToday()).toBe(1);
    expect(kim()).toMatchObject({ known: true, inboundInitiated: false, unanswered: 1 });
  });

  it('counts by the date of a message and not by its arrival', () => {
    bench.send(KIM, NOON - 25 * HOUR);
    expect(usedToday()).toBe(0);
    expect(kim().standing).toBe('reach_out');
  });

  it('counts a message once, however often it is told, edited or taken back', () => {
    const message = sentTo(KIM, NOON, { delivery: UNSENT });
    const by = { origin: { by: 'device' }, isLate: false } as const;
    bench.tell({ type: 'message.created', message, ...by });
    bench.tell({ type: 'message.sent', message: { ...message, delivery: delivered(NOON) }, ...by });
    bench.tell({ type: 'message.delivered', message: { ...message, delivery: delivered(NOON) }, ...by });
    bench.tell({ type: 'message.edited', message: { ...message, text: 'other' }, ...by });
    bench.tell({ type: 'message.unsent', message: { ...message, isUnsent: true }, ...by });
    expect(usedToday()).toBe(1);
  });

  it('forgets nothing when Messages deletes', () => {
    const message = receivedFrom(KIM, NOON - 2 * DAY);
    bench.tell({ type: 'message.received', message, origin: null, isLate: false });
    bench.tell({
      type: 'message.deleted',
      guid: message.guid,
      rowId: message.rowId,
      chat: message.chat,
      line: null,
    });
    expect(kim()).toMatchObject({ known: true, inboundInitiated: true });
  });

  it('counts no tapback, no sticker laid on a message, no group event and no replay', () => {
    const target = messageGuid('T');
    bench.receive(KIM, NOON, {
      kind: { kind: 'reaction', action: 'add', reaction: 'like', emoji: null, target, part: 0 },
    });
    bench.receive(KIM, NOON, { kind: { kind: 'sticker', target, part: 0 } });
    bench.receive(KIM, NOON, {
      kind: { kind: 'group_event', action: 'renamed', subject: null, title: 'x' },
    });
    bench.receive(KIM, NOON, { replayOf: messageGuid('OLD') });
    bench.send(KIM, NOON, { kind: { kind: 'sticker', target, part: 0 } });
    expect(kim()).toMatchObject({ known: false, windowExpiresAt: null, unanswered: 0 });
  });

  it('lets what came long after its date open no window, and yet knows who wrote', () => {
    const late = receivedFrom(KIM, NOON - 2 * HOUR);
    bench.tell({ type: 'message.received', message: late, origin: null, isLate: true });
    // What is told of it later is not late, but it stays so.
    bench.tell({ type: 'message.updated', message: late, origin: null, isLate: false });
    expect(kim()).toMatchObject({ standing: 'reach_out', windowExpiresAt: null, inboundInitiated: true });
  });

  it('opens the window of a message that is dated while no bridge ran', () => {
    bench.receive(contact(1));
    bench.clock.advance(2 * HOUR);
    bench.restart();
    const whileDown = receivedFrom(KIM, NOON + HOUR);
    bench.tell({ type: 'message.received', message: whileDown, origin: null, isLate: true });
    expect(kim()).toMatchObject({ standing: 'reply', windowExpiresAt: NOON + HOUR + DAY });
    const backfill = receivedFrom(contact(2), NOON - HOUR);
    bench.tell({ type: 'message.received', message: backfill, origin: null, isLate: true });
    expect(bench.guard.contact(chatKey('direct', contact(2))).standing).toBe('reach_out');
  });

  it('closes the window after 24 hours to the millisecond', () => {
    bench.receive(KIM);
    bench.clock.advance(DAY - 1);
    expect(kim()).toMatchObject({ standing: 'reply', windowExpiresAt: NOON + DAY });
    bench.clock.advance(1);
    expect(kim()).toMatchObject({ standing: 'reach_out', windowExpiresAt: null });
  });

  it('counts a failed send as an attempt, and takes the failure back when it is delivered after all', () => {
    bench.setLimits('off', { ratio_limit: { enabled: true, min_sends: 1 } });
    const message = sentTo(KIM, NOON, { delivery: { ...UNSENT, error: 22 } });
    const by = { origin: { by: 'device' }, isLate: false } as const;
    const ratio = () => bench.guard.usage().entries.find(({ rule }) => rule === 'ratio_limit')?.used;
    bench.tell({ type: 'message.failed', message, ...by });
    expect(ratio()).toBe(0);
    bench.tell({ type: 'message.delivered', message: { ...message, delivery: delivered(NOON) }, ...by });
    expect(ratio()).toBe(1);
    expect(kim().unanswered).toBe(1);
  });

  it('counts text messages apart: carriers judge them', () => {
    bench.receive(contact(1), NOON - 3 * DAY);
    bench.receive(contact(2), NOON - 3 * DAY);
    bench.send(contact(1), NOON, { service: 'SMS' });
    bench.clock.advance(2_000);
    bench.setLimits('off', { reach_out_limit: { enabled: true, limit: 1 } });
    expect(bench.ask(contact(2)).kind).toBe('allow');
    expect(bench.ask(contact(2), { family: 'carrier' }).kind).toBe('refuse');
  });

  it('moves a message whose chat becomes known later, with all that hangs on it', () => {
    const message = sentTo(KIM, NOON, { chat: null });
    const by = { origin: { by: 'device' }, isLate: false } as const;
    bench.tell({ type: 'message.created', message, ...by });
    expect(kim().known).toBe(false);
    bench.tell({
      type: 'message.updated',
      message: { ...message, chat: chatRef('direct', KIM) },
      ...by,
    });
    expect(kim()).toMatchObject({ known: true, unanswered: 1 });
    expect(usedToday()).toBe(1);
  });

  it('knows one contact under every spelling of the address', () => {
    bench.tell({
      type: 'message.received',
      message: receivedFrom('Kim@Example.com', NOON),
      origin: null,
      isLate: false,
    });
    expect(bench.ask('kim@example.com').standing).toBe('reply');
  });

  it('keeps the places of what is queued, so that two commands cannot take the last one', () => {
    bench.setLimits('off', { server_daily_limit: { enabled: true, limit: 2 } });
    const [one, two, three] = [aSend(contact(1)), aSend(contact(2)), aSend(contact(3))];
    const accept = (send: typeof one) => {
      const verdict = bench.guard.judge(send, bench.clock.now(), 'accept');
      if (verdict.kind === 'allow') {
        bench.guard.reserve(send, bench.clock.now(), instant(NOON + DAY));
      }
      return verdict.kind;
    };
    expect([accept(one), accept(two), accept(three)]).toEqual(['allow', 'allow', 'refuse']);
    expect(bench.guard.judge(one, bench.clock.now(), 'accept').kind).toBe('allow');
    bench.guard.release(two.id);
    expect(accept(three)).toBe('allow');
    bench.restart();
    expect(accept(two)).toBe('refuse');
  });

  it('counts two commands that wait for one stranger as one new conversation', () => {
    bench.setLimits('off', { new_conversation_limit: { enabled: true, per_day: 2 } });
    const accept = (to: string) => {
      const send = aSend(to);
      const { kind, standing } = bench.guard.judge(send, bench.clock.now(), 'accept');
      bench.guard.reserve(send, bench.clock.now(), instant(NOON + DAY));
      return [kind, standing];
    };
    expect(accept(KIM)).toEqual(['allow', 'new_conversation']);
    expect(accept(KIM)).toEqual(['allow', 'reach_out']);
    expect(accept(contact(1))).toEqual(['allow', 'new_conversation']);
    expect(accept(contact(2))).toEqual(['refuse', 'new_conversation']);
  });

  it('lets an answer have the place of a day that outreach only waits for', () => {
    bench.setLimits('off', { server_daily_limit: { enabled: true, limit: 3 } });
    bench.receive(KIM);
    const reserve = (to: string) => {
      const send = aSend(to, { onLimit: 'queue' });
      bench.guard.reserve(send, bench.clock.now(), instant(NOON + DAY));
    };
    [1, 2, 3].forEach((n) => reserve(contact(n)));
    expect(bench.ask(contact(4)).kind).toBe('refuse');
    expect(bench.ask(KIM)).toMatchObject({ kind: 'allow', standing: 'reply' });
    // Answers that wait have theirs, though.
    [1, 2, 3].forEach(() => reserve(KIM));
    expect(bench.ask(KIM).kind).toBe('refuse');
  });

  it('gives a place away now that what waits will find free again', () => {
    bench.setLimits('off', { reach_out_limit: { enabled: true, limit: 2 } });
    [1, 2, 3].forEach((n) => bench.receive(contact(n), NOON - 5 * DAY));
    bench.send(contact(1), NOON - 20 * HOUR);
    const waits = aSend(contact(2), { onLimit: 'queue' });
    bench.guard.reserve(waits, instant(NOON + 5 * HOUR), instant(NOON + DAY));
    expect(bench.ask(contact(3)).kind).toBe('allow');
    // Before the first has left its window there would be three.
    bench.guard.reserve(waits, instant(NOON + 3 * HOUR), instant(NOON + DAY));
    expect(bench.ask(contact(3)).kind).toBe('refuse');
  });

  it('keeps no place for what will have expired before it may go', () => {
    bench.setLimits('off', { reach_out_limit: { enabled: true, limit: 1 } });
    bench.receive(contact(1), NOON - 3 * DAY);
    bench.receive(contact(2), NOON - 3 * DAY);
    bench.guard.reserve(aSend(contact(1)), instant(NOON + 20 * HOUR), instant(NOON + 12 * HOUR));
    expect(bench.ask(contact(2)).kind).toBe('allow');
    bench.guard.reserve(aSend(contact(1)), instant(NOON + 10 * HOUR), instant(NOON + 12 * HOUR));
    expect(bench.ask(contact(2)).kind).toBe('refuse');
  });

  it('gives queued commands one slot after another', () => {
    bench.setLimits('off', { server_daily_limit: { enabled: true, limit: 2 } });
    bench.send(contact(1), NOON - 2 * HOUR);
    bench.send(contact(2), NOON - HOUR);
    const dues = [3, 4, 5].map((n) => {
      const send = aSend(contact(n), { onLimit: 'queue' });
      const verdict = bench.guard.judge(send, bench.clock.now(), 'accept');
      const until = verdict.kind === 'defer' ? verdict.until : bench.clock.now();
      bench.guard.reserve(send, until, instant(NOON + 10 * DAY));
      return until - NOON;
    });
    expect(dues).toEqual([DAY - 2 * HOUR, DAY - HOUR, 2 * DAY - 2 * HOUR]);
  });

  it('counts what is about to leave at once, and its row in place of it', () => {
    const send = aSend(KIM);
    bench.guard.reserve(send, bench.clock.now(), instant(NOON + DAY));
    bench.guard.commit(send, 0);
    expect(usedToday()).toBe(1);
    bench.restart();
    expect(usedToday()).toBe(1);
    bench.tell({
      type: 'message.created',
      message: sentTo(KIM, NOON + 700),
      origin: { by: 'bridge', command: commandId(send.id) },
      isLate: false,
    });
    expect(usedToday()).toBe(1);
    expect(kim()).toMatchObject({ unanswered: 1, lastOutAt: NOON + 700 });
  });

  it('takes back what certainly did not leave', () => {
    const send = aSend(KIM, { text: 'the very same' });
    bench.guard.commit(send, 0);
    bench.guard.retract(send.id, 0);
    expect(usedToday()).toBe(0);
    expect(kim()).toMatchObject({ known: false, standing: 'new_conversation' });
    bench.setLimits('off', { duplicate_content: { enabled: true, warn_at: 1, limit: 5 } });
    bench.guard.commit(aSend(contact(1), { text: 'the very same' }), 0);
    expect(bench.ask(KIM, { text: 'the very same' }).warnings).toMatchObject([
      { message: expect.stringContaining('2 contacts') },
    ]);
  });

  it('counts each message of a command with several, and settles them one by one', () => {
    const send = aSend(KIM, { bubbles: 2, hasFiles: true });
    bench.guard.reserve(send, bench.clock.now(), instant(NOON + DAY));
    expect(usedToday()).toBe(2);
    bench.guard.commit(send, 0);
    expect(usedToday()).toBe(2);
    bench.guard.commit({ ...send, bubbles: 1 }, 1);
    expect(usedToday()).toBe(2);
    for (const at of [NOON + 1, NOON + 2]) {
      bench.tell({
        type: 'message.created',
        message: sentTo(KIM, at),
        origin: { by: 'bridge', command: commandId(send.id) },
        isLate: false,
      });
    }
    expect(usedToday()).toBe(2);
    expect(kim().unanswered).toBe(2);
  });

  it('lets no slot free itself by a clock that is set back', () => {
    bench.setLimits('off', { server_daily_limit: { enabled: true, limit: 1 } });
    bench.send(KIM);
    bench.clock.advance(-2 * DAY);
    expect(bench.ask(KIM)).toMatchObject({ kind: 'refuse', rule: 'server_daily_limit' });
  });

  it('keeps neither texts nor anything that a text could be tried out against without its key', () => {
    bench.send(KIM, NOON, { text: 'a secret between us' });
    expect(bench.dump()).not.toContain('secret');
  });

  it('goes by the zone that was set for a contact', () => {
    bench.mature();
    bench.receive(KIM, NOON - 5 * DAY);
    bench.clock.advance(MINUTE);
    expect(bench.ask(KIM).kind).toBe('allow');
    bench.guard.setTimeZone(chatKey('direct', KIM), 'Asia/Tokyo');
    expect(bench.ask(KIM)).toMatchObject({ kind: 'defer', rule: 'quiet_hours' });
    bench.guard.setTimeZone(chatKey('direct', KIM), null);
    expect(bench.ask(KIM).kind).toBe('allow');
  });

  it('tells a group’s member by the group, and waits for all of them to be awake', () => {
    bench.setLimits('off', { quiet_hours: { enabled: true } });
    const group = {
      chat: chatKey('group', 'chat42'),
      recipients: [handle(KIM), handle('+819012345678')],
    };
    // The bench knows the zone of New York alone; others go by the line's, which is the same.
    expect(bench.ask(KIM, group).kind).toBe('allow');
  });
});
