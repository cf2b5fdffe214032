import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { aMessage, anAttachment, anInbound, KIM } from '../../test/support/message.ts';
import {
  chatKey,
  chatRef,
  handle,
  instant,
  messageGuid,
  type CommandId,
  type Delivery,
  type Message,
} from '../domain/index.ts';
import { OutboxBench, rejected, TIMING, uncertain } from './test-outbox.ts';

const HOUR_MS = 3_600_000;

/** The lane on a clock that stands still until it is told: what time does to commands, without waiting for it. */
let bench: OutboxBench;
beforeEach(() => {
  bench = new OutboxBench();
  bench.outbox.start();
});
afterEach(() => bench.close());

const state = (id: CommandId) => bench.get(id).state;
const reaches = (id: CommandId, name: string) => vi.waitFor(() => expect(state(id).name).toBe(name));
const contents = () => bench.sent.map(({ content }) => content);
const delivery = (fields: Partial<Delivery>): Partial<Message> => ({
  delivery: { ...aMessage().delivery, ...fields },
});
const SENT = delivery({ isSent: true });
const row = (guid: string, fields: Partial<Message> = {}): Partial<Message> => ({
  guid: messageGuid(guid),
  ...fields,
});
/** Lets everything happen that needs no time to pass. */
const settle = async () => {
  for (let turn = 0; turn < 20; turn += 1) {
    await new Promise(setImmediate);
  }
};
const advance = async (ms: number) => {
  await settle();
  bench.clock.advance(ms);
  await settle();
};
const becomesUnknown = async (id: CommandId) => {
  await reaches(id, 'dispatched');
  bench.clock.advance(TIMING.proofWindowMs);
  await reaches(id, 'unknown');
};

describe('the lane', () => {
  it('goes on after the window though the clock was set back meanwhile', async () => {
    const first = await bench.accept('one');
    const second = await bench.accept('two');
    await reaches(first, 'dispatched');
    vi.spyOn(bench.clock, 'now').mockReturnValue(instant(1_800_000_000_000 - HOUR_MS));
    bench.clock.advance(TIMING.proofWindowMs);
    await reaches(first, 'unknown');
    await reaches(second, 'dispatched');
    vi.restoreAllMocks();
    expect(contents()).toEqual(['one', 'two']);
  });

  it('holds an equal text back until the follow-up of an unknown one has ended, and no other', async () => {
    const first = await bench.accept('same');
    await becomesUnknown(first);
    const second = await bench.accept('same');
    const third = await bench.accept('other');
    await reaches(third, 'dispatched');
    bench.see('other', row('O', SENT));
    await advance(TIMING.followUpMs - 1_000);
    expect(state(second).name).toBe('queued');
    expect(contents()).toEqual(['same', 'other']);
    await advance(2_000);
    await reaches(second, 'dispatched');
    expect(state(first)).toMatchObject({ name: 'unknown', final: true });
  });

  it('lets it go at once when a person has decided', async () => {
    const first = await bench.accept('same');
    await becomesUnknown(first);
    const second = await bench.accept('same');
    expect(bench.outbox.resolve(second, 'sent')).toBeNull();
    expect(bench.outbox.resolve(first, 'not_sent')?.state).toMatchObject({ name: 'failed' });
    await reaches(second, 'dispatched');
    bench.see('same', row('S', SENT));
    expect([state(first).name, state(second).name]).toEqual(['failed', 'sent']);
  });

  it('does not end a follow-up while the rows that could prove it cannot be read', async () => {
    const id = await bench.accept('one');
    await becomesUnknown(id);
    bench.canProve = false;
    await advance(2 * TIMING.followUpMs);
    expect(state(id)).toMatchObject({ name: 'unknown', final: false });
  });

  it('believes a row that was written in time and is seen long after', async () => {
    const id = await bench.accept('one');
    await becomesUnknown(id);
    const writtenAt = bench.clock.now();
    bench.clock.advance(2 * TIMING.followUpMs);
    await vi.waitFor(() => expect(state(id)).toMatchObject({ final: true }));
    bench.see('one', { sentAt: writtenAt, ...SENT });
    expect(state(id).name).toBe('sent');
  });

  it('asks less and less often while Messages cannot be reached, and says why', async () => {
    bench.outcomes = Array.from({ length: 5 }, () => rejected('no_gui_session', -10810));
    await bench.accept('one');
    await vi.waitFor(() => expect(bench.outbox.stats().refusal).toBe('no_gui_session'));
    bench.clock.advance(5_000);
    await vi.waitFor(() => expect(bench.sent).toHaveLength(2));
    await advance(5_000);
    expect(bench.sent).toHaveLength(2);
    bench.clock.advance(5_000);
    await vi.waitFor(() => expect(bench.sent).toHaveLength(3));
  });

  it('finds after a restart what an earlier run left in flight, before anything else goes out', async () => {
    const left = await bench.accept('left');
    await reaches(left, 'dispatched');
    const next = await bench.accept('next');
    await bench.outbox.stop();
    bench.create().start();
    await advance(1_000);
    expect(state(next).name).toBe('queued');
    bench.see('left', SENT);
    await reaches(left, 'sent');
    await reaches(next, 'dispatched');
    expect(contents()).toEqual(['left', 'next']);
  });

  it('sends nothing while a script that was killed is still there', async () => {
    bench.isStuck = true;
    const id = await bench.accept('one');
    await advance(5_000);
    expect([state(id).name, bench.outbox.stats().isStuck]).toEqual(['queued', true]);
    bench.isStuck = false;
    bench.clock.advance(1_000);
    await reaches(id, 'dispatched');
  });

  it('names the disposition of a script that could not be ended', async () => {
    bench.outcomes = [
      { outcome: 'uncertain', disposition: 'still_in_flight', cause: 'timed_out', code: null },
    ];
    const id = await bench.accept('one');
    await vi.waitFor(() => expect(bench.sent).toHaveLength(1));
    await settle();
    bench.clock.advance(TIMING.proofWindowMs);
    await reaches(id, 'unknown');
    expect(state(id)).toMatchObject({ cause: 'still_in_flight' });
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
    await vi.waitFor(() => expect(contents()).toEqual(['reply 1', 'reply 2', 'outreach 1', 'outreach 2']));
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
    await vi.waitFor(() => expect(contents()).toEqual(['to Kim', 'to a stranger']));
  });

  it('waits for the time that was asked for', async () => {
    const at = instant(bench.clock.now() + 60_000);
    const id = await bench.accept('later', { notBefore: at });
    const now = await bench.accept('now');
    await reaches(now, 'dispatched');
    bench.see('now', SENT);
    expect(state(id)).toMatchObject({ name: 'deferred', until: at });
    expect(bench.outbox.stats()).toMatchObject({ pending: 1, deferred: 1 });
    await advance(59_000);
    expect(contents()).toEqual(['now']);
    bench.clock.advance(1_500);
    await reaches(id, 'dispatched');
  });

  it('holds a text until the contact has written next', async () => {
    const id = await bench.accept('ready?', { afterReply: true });
    bench.hear(anInbound({ sentAt: instant(bench.clock.now() - HOUR_MS) }));
    bench.hear(anInbound({ sentAt: bench.clock.now(), replayOf: messageGuid('OLD') }));
    bench.hear(anInbound({ sentAt: bench.clock.now(), chat: chatRef('direct', '+15550000009') }));
    await advance(1_000);
    expect(state(id)).toMatchObject({ name: 'deferred', reason: 'after_reply' });
    bench.hear(anInbound({ sentAt: bench.clock.now() }));
    await reaches(id, 'dispatched');
  });

  it.each<[string, Parameters<OutboxBench['accept']>[1], number]>([
    ['an outreach', {}, 24 * HOUR_MS],
    ['a text that waits for a reply', { afterReply: true }, 24 * HOUR_MS],
    ['a text with an expiry of its own', { expiresAt: instant(1_800_000_000_000 + 5_000) }, 5_000],
  ])('drops %s that could not go in time', async (_, fields, ms) => {
    bench.canProve = false;
    const id = await bench.accept('late', fields);
    await advance(ms - 1_000);
    expect(['queued', 'deferred']).toContain(state(id).name);
    await advance(2_000);
    expect(state(id).name).toBe('expired');
    bench.canProve = true;
    await advance(1_000);
    expect(contents()).toEqual([]);
  });

  it('drops a reply after an hour', async () => {
    bench.canProve = false;
    bench.isReply = true;
    const id = await bench.accept('late');
    await advance(HOUR_MS + 1_000);
    expect(state(id).name).toBe('expired');
  });

  it('cancels what waits, and nothing that was started', async () => {
    bench.canProve = false;
    const waiting = await bench.accept('no');
    expect(bench.outbox.cancel(waiting)?.state.name).toBe('canceled');
    expect(bench.outbox.cancel(waiting)).toBeNull();
    bench.canProve = true;
    const started = await bench.accept('yes');
    await reaches(started, 'dispatched');
    expect(bench.outbox.cancel(started)).toBeNull();
    expect(contents()).toEqual(['yes']);
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
    await reaches(id, 'dispatched');
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
    await advance(TIMING.proofWindowMs);
    expect(bench.sent).toHaveLength(1);
    expect(['unknown', 'failed']).toContain(state(id).name);
  });

  it('fails without a script where there is no way', async () => {
    bench.route = () => ({ refused: { code: 'chat_not_found', message: 'Gone.', apple: null } });
    const id = await bench.accept('hi');
    await reaches(id, 'failed');
    expect(bench.sent).toEqual([]);
  });
});

describe('text and files', () => {
  const fileRow = (name: string, fields: Partial<Message> = {}) =>
    bench.see(null, {
      guid: messageGuid(name),
      attachments: [anAttachment({ filename: name, transferState: 3 })],
      ...fields,
    });
  const again = (message: Message, fields: Partial<Message>) => {
    bench.journal.write((append) => {
      for (const event of bench.outbox.observe({ ...message, ...fields }).events) {
        append(event);
      }
    });
  };

  it('go by a script each, one after the proof of the other', async () => {
    const id = await bench.accept('see', { files: ['cat', 'dog'] });
    await vi.waitFor(() => expect(contents()).toEqual(['see']));
    bench.see('see', row('T', SENT));
    await vi.waitFor(() => expect(contents()).toEqual(['see', `/staged/${id}/cat`]));
    const cat = fileRow('cat.png', SENT);
    await vi.waitFor(() => expect(contents()).toHaveLength(3));
    fileRow('dog.png', SENT);
    await reaches(id, 'sent');
    again(cat, delivery({ isSent: true, isDelivered: true }));
    expect(bench.get(id).parts.map(({ attempts: [attempt] }) => attempt?.state.name)).toEqual([
      'sent',
      'delivered',
      'sent',
    ]);
    await vi.waitFor(() => expect(bench.released).toEqual([id]));
  });

  it('fail with a file that did not leave, and keep the rest back', async () => {
    const id = await bench.accept(null, { files: ['cat', 'dog'] });
    await vi.waitFor(() => expect(contents()).toHaveLength(1));
    bench.canProve = false;
    fileRow('cat.png', { attachments: [anAttachment({ filename: 'cat.png', transferState: 6 })] });
    bench.canProve = true;
    await advance(1_000);
    expect(state(id)).toMatchObject({ name: 'failed', failure: { code: 'transfer_failed' } });
    expect(contents()).toHaveLength(1);
  });

  it('are followed up longer when the outcome of a file is unknown', async () => {
    const id = await bench.accept(null, { files: ['cat'] });
    await becomesUnknown(id);
    await advance(TIMING.fileFollowUpMs - 1_000);
    expect(state(id)).toMatchObject({ final: false });
    await advance(2_000);
    expect(state(id)).toMatchObject({ final: true });
  });

  it('give back what was staged for a command that was not made', async () => {
    const files = ['cat'];
    const name = { idempotencyKey: 'key', requestHash: 'same' };
    const id = await bench.accept(null, { files, ...name });
    expect(await bench.accept(null, { files, ...name })).toBe(id);
    await vi.waitFor(() => expect(bench.released).toHaveLength(1));
    expect(bench.released).not.toContain(id);
  });
});

describe('a row', () => {
  it('that is a ghost fails the command', async () => {
    const target = { to: 'chat', chat: chatKey('group', 'chat42') } as const;
    const id = await bench.accept('to all', { target });
    await becomesUnknown(id);
    bench.see(null, {
      chat: chatRef('group', 'chat42'),
      chatResolved: 'handle',
      bodyStatus: 'none',
      parts: [],
      service: 'SMS',
    });
    expect(state(id)).toMatchObject({ name: 'failed', failure: { code: 'ghost_row' } });
  });

  it('in another chat makes it misrouted, but only once no row came in the right one', async () => {
    const id = await bench.accept('hi');
    await reaches(id, 'dispatched');
    const elsewhere = chatRef('group', 'chat9');
    bench.see('hi', row('E', { chat: elsewhere }));
    await becomesUnknown(id);
    await advance(TIMING.followUpMs);
    expect(state(id)).toMatchObject({ name: 'failed', failure: { code: 'misrouted' } });
    expect(bench.get(id).parts[0]?.attempts[0]?.elsewhere).toMatchObject({ chat: elsewhere.key });
  });

  it('in another chat does not matter where the right one came', async () => {
    const id = await bench.accept('hi');
    await reaches(id, 'dispatched');
    bench.see('hi', row('E', { chat: chatRef('group', 'chat9') }));
    bench.see('hi', row('R', SENT));
    await reaches(id, 'sent');
  });

  it('that went away before it was sent leaves the outcome unknown, and that for good in the end', async () => {
    const id = await bench.accept('hi');
    await reaches(id, 'dispatched');
    bench.see('hi', row('R'));
    await advance(TIMING.proofWindowMs);
    expect(state(id).name).toBe('dispatched');
    bench.rows.clear();
    await advance(20_000);
    expect(state(id)).toMatchObject({ name: 'unknown', cause: 'row_gone' });
    await advance(TIMING.followUpMs);
    expect(state(id)).toMatchObject({ name: 'unknown', final: true });
  });

  it('that moved on unseen is read again', async () => {
    const id = await bench.accept('hi');
    await reaches(id, 'dispatched');
    const message = bench.see('hi', row('R'));
    bench.rows.set(message.guid, { ...message, ...SENT });
    await advance(20_000);
    expect(state(id).name).toBe('sent');
  });

  it('of a database that was replaced still proves what it proved', async () => {
    const id = await bench.accept('hi');
    await reaches(id, 'dispatched');
    const message = bench.see('hi', row('R'));
    bench.outbox.forgetRows(message.rowId);
    bench.see('hi', { ...message, ...SENT });
    expect(state(id).name).toBe('sent');
  });
});

describe('a text message in place of an iMessage', () => {
  const failedIMessage = async () => {
    const id = await bench.accept('hi', { fallback: 'sms' });
    await reaches(id, 'dispatched');
    const message = bench.see('hi', row('I', delivery({ error: 22 })));
    await settle();
    return { id, message };
  };

  it('follows once the error has stood, and proves the same command', async () => {
    const { id } = await failedIMessage();
    await advance(59_000);
    expect([state(id).name, contents()]).toEqual(['dispatched', ['hi']]);
    await advance(1_500);
    await vi.waitFor(() => expect(bench.sent.map(({ target }) => target)).toHaveLength(2));
    expect(bench.sent[1]?.target).toMatchObject({ form: 'participant', service: 'SMS' });
    bench.see('hi', row('S', { service: 'SMS', ...SENT }));
    await reaches(id, 'sent');
    expect(bench.get(id).parts[0]?.attempts.map(({ service }) => service)).toEqual(['iMessage', 'SMS']);
  });

  it('does not follow where the row has moved on when it is read again', async () => {
    const { id, message } = await failedIMessage();
    bench.rows.set(message.guid, { ...message, ...SENT });
    await advance(61_000);
    expect([state(id).name, contents()]).toEqual(['sent', ['hi']]);
  });

  it.each<[string, () => void]>([
    ['the row is gone', () => bench.rows.clear()],
    [
      'the Mac has no account for it',
      () => {
        bench.hasSms = false;
      },
    ],
  ])('does not follow where %s', async (_, prepare) => {
    const { id } = await failedIMessage();
    prepare();
    await advance(61_000);
    expect(state(id)).toMatchObject({ name: 'failed', failure: { apple: 22 } });
    expect(contents()).toEqual(['hi']);
  });

  it('waits while Messages does not say whether it has an account', async () => {
    const { id } = await failedIMessage();
    bench.hasSms = null;
    await advance(90_000);
    expect([state(id).name, contents()]).toEqual(['dispatched', ['hi']]);
    bench.hasSms = true;
    await advance(1_000);
    expect(contents()).toEqual(['hi', 'hi']);
  });

  it('survives a restart in between, once', async () => {
    const { id } = await failedIMessage();
    await bench.outbox.stop();
    bench.create().start();
    await advance(61_000);
    expect(contents()).toEqual(['hi', 'hi']);
    await bench.outbox.stop();
    bench.create().start();
    await advance(61_000);
    expect(contents()).toEqual(['hi', 'hi']);
    expect(state(id).name).toBe('unknown');
  });

  it('is not waited for where nobody asked', async () => {
    const id = await bench.accept('hi');
    await reaches(id, 'dispatched');
    bench.see('hi', row('I', delivery({ error: 22 })));
    expect(state(id)).toMatchObject({ name: 'failed', failure: { apple: 22 } });
  });
});

describe('a line that does not work', () => {
  it('is paused at three unknown outcomes, Messages is relaunched once, and one text tries', async () => {
    const ids = await Promise.all(['1', '2', '3', '4', '5'].map((text) => bench.accept(text)));
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.waitFor(() => expect(contents()).toHaveLength(turn + 1));
      await advance(TIMING.proofWindowMs);
    }
    await vi.waitFor(() => expect(bench.relaunches).toBe(1));
    await vi.waitFor(() => expect(contents()).toHaveLength(4));
    expect(bench.outbox.stats().pause).toMatchObject({ by: 'unknown_outcomes' });
    await advance(TIMING.proofWindowMs);
    await advance(60_000);
    expect([contents().length, bench.relaunches]).toEqual([4, 1]);
    bench.outbox.resume();
    await vi.waitFor(() => expect(contents()).toHaveLength(5));
    bench.see('5', row('5', SENT));
    expect(ids.map((id) => state(id).name)).toEqual(['unknown', 'unknown', 'unknown', 'unknown', 'sent']);
  });

  it('goes on by itself when the trial is proved', async () => {
    await Promise.all(['1', '2', '3', '4', '5'].map((text) => bench.accept(text)));
    for (let turn = 0; turn < 3; turn += 1) {
      await vi.waitFor(() => expect(contents()).toHaveLength(turn + 1));
      await advance(TIMING.proofWindowMs);
    }
    await vi.waitFor(() => expect(contents()).toHaveLength(4));
    bench.see('4', row('4', SENT));
    await vi.waitFor(() => expect(contents()).toHaveLength(5));
    expect(bench.outbox.stats().pause).toBeNull();
  });

  it('waits while a person has paused it, over restarts too', async () => {
    bench.outbox.pause();
    const id = await bench.accept('hi');
    await bench.outbox.stop();
    bench.create().start();
    await advance(HOUR_MS);
    expect([state(id).name, bench.relaunches]).toEqual(['queued', 0]);
    bench.outbox.resume();
    await reaches(id, 'dispatched');
  });
});
