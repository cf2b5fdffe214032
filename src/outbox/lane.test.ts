import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { anInbound, KIM } from '../../test/support/message.ts';
import { chatRef, handle, instant, messageGuid } from '../domain/index.ts';
import { OutboxBench, rejected, row, SENT, TIMING, uncertain } from './test-outbox.ts';

const HOUR_MS = 3_600_000;

/** The lane on a clock that stands still until it is told: what time does to commands, without waiting for it. */
let bench: OutboxBench;
beforeEach(() => {
  bench = new OutboxBench();
  bench.outbox.start();
});
afterEach(() => bench.close());

describe('the lane', () => {
  it('goes on after the window though the clock was set back meanwhile', async () => {
    const first = await bench.accept('one');
    const second = await bench.accept('two');
    await bench.reaches(first, 'dispatched');
    vi.spyOn(bench.clock, 'now').mockReturnValue(instant(1_800_000_000_000 - HOUR_MS));
    bench.clock.advance(TIMING.proofWindowMs);
    await bench.reaches(first, 'unknown');
    await bench.reaches(second, 'dispatched');
    vi.restoreAllMocks();
    expect(bench.contents()).toEqual(['one', 'two']);
  });

  it('holds an equal text back until the follow-up of an unknown one has ended, and no other', async () => {
    const first = await bench.accept('same');
    await bench.becomesUnknown(first);
    const second = await bench.accept('same');
    const third = await bench.accept('other');
    await bench.reaches(third, 'dispatched');
    bench.see('other', row('O', SENT));
    await bench.advance(TIMING.followUpMs - 1_000);
    expect(bench.state(second).name).toBe('queued');
    expect(bench.contents()).toEqual(['same', 'other']);
    await bench.advance(2_000);
    await bench.reaches(second, 'dispatched');
    expect(bench.state(first)).toMatchObject({ name: 'unknown', final: true });
  });

  it('lets it go at once when a person has decided', async () => {
    const first = await bench.accept('same');
    await bench.becomesUnknown(first);
    const second = await bench.accept('same');
    expect(bench.outbox.resolve(second, 'sent')).toBeNull();
    expect(bench.outbox.resolve(first, 'not_sent')?.state).toMatchObject({ name: 'failed' });
    await bench.reaches(second, 'dispatched');
    bench.see('same', row('S', SENT));
    expect([bench.state(first).name, bench.state(second).name]).toEqual(['failed', 'sent']);
  });

  it('does not end a follow-up while the rows that could prove it cannot be read', async () => {
    const id = await bench.accept('one');
    await bench.becomesUnknown(id);
    bench.canProve = false;
    await bench.advance(2 * TIMING.followUpMs);
    expect(bench.state(id)).toMatchObject({ name: 'unknown', final: false });
  });

  it('believes a row that was written in time and is seen long after', async () => {
    const id = await bench.accept('one');
    await bench.becomesUnknown(id);
    const writtenAt = bench.clock.now();
    bench.clock.advance(2 * TIMING.followUpMs);
    await vi.waitFor(() => expect(bench.state(id)).toMatchObject({ final: true }));
    bench.see('one', { sentAt: writtenAt, ...SENT });
    expect(bench.state(id).name).toBe('sent');
  });

  it('drops what expires while it pauses because Messages cannot be reached', async () => {
    bench.outcomes = [rejected('not_running', -600)];
    await bench.accept('first');
    const id = await bench.accept('hi', { expiresAt: instant(bench.clock.now() + 2_000) });
    await vi.waitFor(() => expect(bench.outbox.stats().refusal).toBe('not_running'));
    await bench.advance(2_500);
    expect(bench.state(id).name).toBe('expired');
    expect(bench.contents()).toEqual(['first']);
  });

  it('asks less and less often while Messages cannot be reached, and says why', async () => {
    bench.outcomes = Array.from({ length: 5 }, () => rejected('no_gui_session', -10810));
    await bench.accept('one');
    await vi.waitFor(() => expect(bench.outbox.stats().refusal).toBe('no_gui_session'));
    bench.clock.advance(5_000);
    await vi.waitFor(() => expect(bench.sent).toHaveLength(2));
    await bench.advance(5_000);
    expect(bench.sent).toHaveLength(2);
    bench.clock.advance(5_000);
    await vi.waitFor(() => expect(bench.sent).toHaveLength(3));
  });

  it('finds after a restart what an earlier run left in flight, before anything else goes out', async () => {
    const left = await bench.accept('left');
    await bench.reaches(left, 'dispatched');
    const next = await bench.accept('next');
    await bench.outbox.stop();
    bench.create().start();
    await bench.advance(1_000);
    expect(bench.state(next).name).toBe('queued');
    bench.see('left', SENT);
    await bench.reaches(left, 'sent');
    await bench.reaches(next, 'dispatched');
    expect(bench.contents()).toEqual(['left', 'next']);
  });

  it('sends nothing while a script that was killed is still there', async () => {
    bench.isStuck = true;
    const id = await bench.accept('one');
    await bench.advance(5_000);
    expect([bench.state(id).name, bench.outbox.stats().isStuck]).toEqual(['queued', true]);
    bench.isStuck = false;
    bench.clock.advance(1_000);
    await bench.reaches(id, 'dispatched');
  });

  it('names the disposition of a script that could not be ended', async () => {
    bench.outcomes = [
      { outcome: 'uncertain', disposition: 'still_in_flight', cause: 'timed_out', code: null },
    ];
    const id = await bench.accept('one');
    await vi.waitFor(() => expect(bench.sent).toHaveLength(1));
    await bench.settle();
    bench.clock.advance(TIMING.proofWindowMs);
    await bench.reaches(id, 'unknown');
    expect(bench.state(id)).toMatchObject({ cause: 'still_in_flight' });
  });
});

describe('the order', () => {
  const to = (number: string) => ({ target: { to: 'handle', handle: handle(number) } }) as const;

  it('lets a reply go before what starts something, and keeps each chat in order', async () => {
    bench.canProve = false;
    await bench.accept('outreach 1', to('+15550000001'));
    await bench.accept('outreach 2', to('+15550000002'));
    bench.isReply = true;
    await bench.accept('reply 1', to('+15550000003'));
    await bench.accept('reply 2', to('+15550000003'));
    bench.outcomes = Array.from({ length: 4 }, () => rejected('target_not_found', -1728));
    bench.canProve = true;
    bench.clock.advance(500);
    await vi.waitFor(() =>
      expect(bench.contents()).toEqual(['reply 1', 'reply 2', 'outreach 1', 'outreach 2']),
    );
  });

  it('makes a waiting outreach a reply when the contact writes', async () => {
    bench.canProve = false;
    await bench.accept('to a stranger', to('+15550000001'));
    const id = await bench.accept('to Kim');
    bench.hear(anInbound({ sentAt: bench.clock.now() }));
    expect(bench.get(id).isReply).toBe(true);
    bench.outcomes = [rejected('target_not_found', -1728), rejected('target_not_found', -1728)];
    bench.canProve = true;
    bench.clock.advance(500);
    await vi.waitFor(() => expect(bench.contents()).toEqual(['to Kim', 'to a stranger']));
  });

  it('waits for the time that was asked for', async () => {
    const at = instant(bench.clock.now() + 60_000);
    const id = await bench.accept('later', { notBefore: at });
    const now = await bench.accept('now');
    await bench.reaches(now, 'dispatched');
    bench.see('now', SENT);
    expect(bench.state(id)).toMatchObject({ name: 'deferred', until: at });
    expect(bench.outbox.stats()).toMatchObject({ pending: 1, deferred: 1 });
    await bench.advance(59_000);
    expect(bench.contents()).toEqual(['now']);
    bench.clock.advance(1_500);
    await bench.reaches(id, 'dispatched');
  });

  it('holds a text until the contact has written next', async () => {
    const id = await bench.accept('ready?', { afterReply: true });
    bench.hear(anInbound({ sentAt: instant(bench.clock.now() - HOUR_MS) }));
    bench.hear(anInbound({ sentAt: bench.clock.now(), replayOf: messageGuid('OLD') }));
    bench.hear(anInbound({ sentAt: bench.clock.now(), chat: chatRef('direct', '+15550000009') }));
    await bench.advance(1_000);
    expect(bench.state(id)).toMatchObject({ name: 'deferred', reason: 'after_reply' });
    bench.hear(anInbound({ sentAt: bench.clock.now() }));
    await bench.reaches(id, 'dispatched');
  });

  it.each<[string, Parameters<OutboxBench['accept']>[1], number]>([
    ['an outreach', {}, 24 * HOUR_MS],
    ['a text that waits for a reply', { afterReply: true }, 24 * HOUR_MS],
    ['a text with an expiry of its own', { expiresAt: instant(1_800_000_000_000 + 5_000) }, 5_000],
  ])('drops %s that could not go in time', async (_, fields, ms) => {
    bench.canProve = false;
    const id = await bench.accept('late', fields);
    await bench.advance(ms - 1_000);
    expect(['queued', 'deferred']).toContain(bench.state(id).name);
    await bench.advance(2_000);
    expect(bench.state(id).name).toBe('expired');
    bench.canProve = true;
    await bench.advance(1_000);
    expect(bench.contents()).toEqual([]);
  });

  it('drops a reply after an hour', async () => {
    bench.canProve = false;
    bench.isReply = true;
    const id = await bench.accept('late');
    await bench.advance(HOUR_MS + 1_000);
    expect(bench.state(id).name).toBe('expired');
  });

  it('cancels what waits, and nothing that was started', async () => {
    bench.canProve = false;
    const waiting = await bench.accept('no');
    expect(bench.outbox.cancel(waiting)?.state.name).toBe('canceled');
    expect(bench.outbox.cancel(waiting)).toBeNull();
    bench.canProve = true;
    const started = await bench.accept('yes');
    await bench.reaches(started, 'dispatched');
    expect(bench.outbox.cancel(started)).toBeNull();
    expect(bench.contents()).toEqual(['yes']);
  });
});

describe('targets', () => {
  const person = { form: 'participant', handle: handle(KIM), service: 'ACCOUNT' } as const;
  const chat = { form: 'chat', guid: `any;-;${KIM}` } as const;
  const route = (retry: typeof person | null) => () =>
    ({ target: chat, service: 'iMessage', isKnown: true, retry }) as const;

  it('asks for the contact where Messages certainly does not know the chat', async () => {
    bench.route = route(person);
    bench.outcomes = [rejected('target_not_found', -1728)];
    const id = await bench.accept('hi');
    await bench.reaches(id, 'dispatched');
    expect(bench.sent.map(({ target }) => target)).toEqual([chat, person]);
    expect(bench.get(id).parts[0]?.attempts).toHaveLength(1);
  });

  it.each([
    ['where it may have begun', person, uncertain('script_error')],
    ['for another error', person, rejected('script_error', -2753)],
    ['for a group', null, rejected('target_not_found', -1728)],
  ] as const)('does not do so %s', async (_, retry, outcome) => {
    bench.route = route(retry);
    bench.outcomes = [outcome];
    const id = await bench.accept('hi');
    await vi.waitFor(() => expect(bench.sent).toHaveLength(1));
    await bench.advance(TIMING.proofWindowMs);
    expect(bench.sent).toHaveLength(1);
    expect(['unknown', 'failed']).toContain(bench.state(id).name);
  });

  it('fails without a script where there is no way', async () => {
    bench.route = () => ({ refused: { code: 'chat_not_found', message: 'Gone.', apple: null } });
    const id = await bench.accept('hi');
    await bench.reaches(id, 'failed');
    expect(bench.sent).toEqual([]);
  });
});
