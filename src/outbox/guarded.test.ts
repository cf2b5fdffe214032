import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { anAttachment, anInbound, KIM } from '../../test/support/message.ts';
import { resolveLimits } from '../deliverability/index.ts';
import { chatRef, handle, instant, messageGuid } from '../domain/index.ts';
import { delivery, OutboxBench, rejected, row, SENT, TIMING } from './test-outbox.ts';

/** 2027-01-15 08:00 UTC, by which nobody of these tests sleeps: their zone is told by nothing. */
const AWAKE = { quiet_hours: { enabled: false } } as const;

let bench: OutboxBench;
beforeEach(() => {
  bench = new OutboxBench();
  bench.limits = resolveLimits('balanced', AWAKE);
  bench.guard = bench.createSeededGuard();
  bench.create();
});
afterEach(() => bench.close());

const to = (n: number) =>
  ({ to: 'handle', handle: handle(`+1212500${String(n).padStart(4, '0')}`) }) as const;
const facts = () =>
  bench.store.db
    .prepare<[], { source: string }>('SELECT source FROM ledger_facts ORDER BY source')
    .pluck()
    .all();
const places = () => bench.store.db.prepare('SELECT COUNT(*) FROM ledger_reservations').pluck().get();

/** What capture does with a new row of the contact: it is journalled, and tells the outbox. */
function hear(from: string, text = 'Hi'): void {
  const message = anInbound({
    guid: messageGuid(`IN-${from}-${bench.clock.now()}`),
    chat: chatRef('direct', from),
    sender: handle(from),
    text,
    sentAt: bench.clock.now(),
  });
  bench.journal.write((append) => append({ type: 'message.received', message, origin: null, isLate: false }));
  bench.hear(message);
}

/** What capture does with the row of a sent text. */
function prove(text: string, guid: string, chat = KIM): void {
  const message = bench.see(text, { ...SENT, ...row(guid), chat: chatRef('direct', chat) });
  const origin = bench.outbox.originOf(message.guid);
  bench.journal.write((append) => append({ type: 'message.sent', message, origin, isLate: false }));
}

/** The same of whatever left, a text or a file. */
function proveAny(content: string, guid: string): void {
  const name = `${content.split('/').at(-1) ?? ''}.png`;
  const isFile = content.startsWith('/staged/');
  const message = bench.see(isFile ? null : content, {
    ...SENT,
    ...row(guid),
    ...(isFile ? { attachments: [anAttachment({ filename: name, transferState: 5 })] } : {}),
  });
  const origin = bench.outbox.originOf(message.guid);
  bench.journal.write((append) => append({ type: 'message.sent', message, origin, isLate: false }));
}

describe('a command that the guard is asked about', () => {
  it('is refused with rule, numbers and time, and nothing is kept of it', async () => {
    bench.limits = resolveLimits('balanced', {
      ...AWAKE,
      new_conversation_limit: { per_day: 1 },
      first_message_content: { enabled: false },
    });
    await bench.accept('one', { target: to(1) });
    const refused = await bench.outbox.accept({ ...bench.request('two'), target: to(2), files: ['file_a'] });
    expect(refused).toMatchObject({
      outcome: 'refused',
      refusal: {
        code: 'new_conversation_limit',
        limit: { rule: 'new_conversation_limit', used: 1, limit: 1, windowSeconds: 86_400 },
        retryAt: bench.clock.now() + 86_400_000,
      },
    });
    expect(bench.outbox.list({ state: null, before: null, limit: 10 })).toHaveLength(1);
    expect(places()).toBe(1);
    expect(bench.staged).toEqual([]);
  });

  it('waits for the next free slot of a cap where the client asks for it', async () => {
    bench.limits = resolveLimits('balanced', { ...AWAKE, new_conversation_limit: { per_day: 1 } });
    await bench.accept('one', { target: to(1) });
    const id = await bench.accept('two', { target: to(2), onLimit: 'queue' });
    const dueAt = bench.clock.now() + 86_400_000;
    expect(bench.get(id)).toMatchObject({
      hold: { name: 'deferred', reason: 'limit', until: dueAt, limit: { rule: 'new_conversation_limit' } },
      expiresAt: dueAt + 86_400_000,
    });
  });

  it('goes before the moment it was put off to, once there is room', async () => {
    bench.limits = resolveLimits('balanced', { ...AWAKE, new_conversation_limit: { per_day: 1 } });
    const first = await bench.accept('one', { target: to(1) });
    const queue = { onLimit: 'queue' } as const;
    const later = await bench.accept('three', {
      target: to(3),
      ...queue,
      notBefore: instant(bench.clock.now() + 3_600_000),
    });
    const second = await bench.accept('two', { target: to(2), ...queue });
    expect([bench.get(second).state.name, bench.get(later).state.name]).toEqual(['deferred', 'deferred']);
    bench.outbox.cancel(first);
    bench.outbox.start();
    await bench.settle();
    await bench.advance(1_000);
    await bench.reaches(second, 'dispatched');
    // Its client wanted it later, whoever gives up a place.
    expect(bench.get(later).state.name).toBe('deferred');
  });

  it('waits, and is not refused, where a person has filled the cap since it was taken on', async () => {
    bench.limits = resolveLimits('balanced', { ...AWAKE, new_conversation_limit: { per_day: 1 } });
    const id = await bench.accept('one', { target: to(1) });
    const sentAt = bench.clock.now();
    const byHand = bench.see('by hand', {
      ...SENT,
      ...row('G-HAND'),
      chat: chatRef('direct', '+12125000009'),
    });
    bench.journal.write((append) =>
      append({ type: 'message.sent', message: byHand, origin: { by: 'device' }, isLate: false }),
    );
    bench.outbox.start();
    await bench.reaches(id, 'deferred');
    expect(bench.get(id)).toMatchObject({
      hold: { until: sentAt + 86_400_000, limit: { rule: 'new_conversation_limit' } },
    });
  });

  it('carries what rules have to say of it', async () => {
    const id = await bench.accept('cold', { target: to(1) });
    expect(bench.get(id).warnings).toMatchObject([{ rule: 'cold_outreach' }]);
  });

  it('counts from the moment at which it is sending, and no more than once', async () => {
    const id = await bench.accept('one');
    expect(places()).toBe(1);
    bench.outbox.start();
    await bench.reaches(id, 'dispatched');
    expect([facts(), places()]).toEqual([[`sending:${id}#0000`], 0]);
    prove('one', 'G1');
    expect(facts()).toEqual(['G1']);
  });

  it('counts no longer where it certainly did not leave', async () => {
    bench.outcomes = [rejected('not_running'), rejected('invalid_target')];
    bench.outbox.start();
    const id = await bench.accept('one');
    await bench.reaches(id, 'queued');
    await bench.settle();
    expect([facts(), places()]).toEqual([[], 1]);
    await bench.advance(5_000);
    await bench.reaches(id, 'failed');
    expect([facts(), places()]).toEqual([[], 0]);
  });

  it('gives its place back when it is canceled or expires', async () => {
    const id = await bench.accept('one');
    await bench.accept('two', { expiresAt: instant(bench.clock.now() + 1_000) });
    bench.outbox.cancel(id);
    expect(places()).toBe(1);
    bench.clock.advance(2_000);
    bench.canProve = false;
    bench.outbox.start();
    await bench.advance(1_000);
    expect(places()).toBe(0);
  });
});

describe('the lane', () => {
  it('keeps the pace after an outage, with replies before what starts something', async () => {
    bench.canProve = false;
    bench.outbox.start();
    for (let n = 0; n < 3; n += 1) {
      await bench.accept(`cold ${n}`, { target: to(n) });
    }
    hear(KIM);
    bench.isReply = true;
    await bench.accept('answer');
    bench.isReply = false;
    await bench.advance(60_000);
    bench.canProve = true;
    const leftAt: number[] = [];
    bench.onScript = () => {
      leftAt.push(bench.clock.now());
      const text = bench.contents().at(-1) ?? '';
      setImmediate(() => prove(text, `G-${text}`, text === 'answer' ? KIM : to(Number(text.at(-1))).handle));
    };
    for (let step = 0; step < 100 && leftAt.length < 4; step += 1) {
      await bench.advance(100);
    }
    expect(bench.contents()[0]).toBe('answer');
    expect(bench.contents()).toHaveLength(4);
    const gaps = leftAt.slice(1).map((at, index) => at - (leftAt[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(1_000);
    expect(Math.max(...gaps)).toBeLessThan(1_500);
  });

  it('refuses what a stop has overtaken, and says why', async () => {
    const id = await bench.accept('hello?');
    hear(KIM, 'STOP');
    bench.outbox.start();
    await bench.reaches(id, 'refused');
    expect(bench.state(id)).toMatchObject({ refusal: { code: 'recipient_opted_out', retryAt: null } });
    expect([bench.sent.length, places()]).toEqual([0, 0]);
  });

  it('lets wait what the guard puts off, until its contact writes', async () => {
    bench.limits = resolveLimits('balanced', { quiet_hours: { from: '00:00', to: '23:59' } });
    bench.outbox.start();
    const id = await bench.accept('good night');
    expect(bench.state(id)).toMatchObject({ name: 'deferred', limit: { rule: 'quiet_hours' } });
    hear(KIM);
    await bench.advance(1_000);
    await bench.reaches(id, 'dispatched');
  });

  it('waits while the guard says that the line is paused', async () => {
    const id = await bench.accept('one');
    bench.guard.order({ do: 'pause', reason: 'maintenance' });
    bench.outbox.start();
    await bench.advance(10_000);
    expect(bench.state(id).name).toBe('queued');
    expect(await bench.outbox.accept(bench.request('two'))).toMatchObject({
      outcome: 'refused',
      refusal: { code: 'line_paused' },
      cure: 'resume_line',
    });
    bench.guard.order({ do: 'resume', reason: null });
    bench.outbox.resume();
    await bench.reaches(id, 'dispatched');
  });

  it('asks about the text message that follows a failed iMessage, too', async () => {
    bench.limits = resolveLimits('off', {
      pair_rate_limit: { enabled: true, limit: 1, window_seconds: 90 },
    });
    bench.outbox.start();
    const id = await bench.accept('hi', { fallback: 'sms' });
    await bench.reaches(id, 'dispatched');
    // Apple's 22: the address gets no iMessage. What failed was an attempt all the same.
    const failed = bench.see('hi', { ...row('A'), ...delivery({ error: 22 }) });
    bench.journal.write((append) =>
      append({
        type: 'message.failed',
        message: failed,
        origin: bench.outbox.originOf(failed.guid),
        isLate: false,
      }),
    );
    await bench.advance(TIMING.fallbackMs);
    await bench.advance(20_000);
    expect(bench.sent).toHaveLength(1);
    await bench.advance(15_000);
    expect(bench.sent[1]?.target).toMatchObject({ service: 'SMS' });
  });

  it('asks before each message of a command, and does not break one off', async () => {
    bench.limits = resolveLimits('off', { pair_rate_limit: { enabled: true, limit: 2 } });
    bench.outbox.start();
    bench.onScript = () => {
      const content = bench.contents().at(-1) ?? '';
      setImmediate(() => proveAny(content, `G${bench.contents().length}`));
    };
    const id = await bench.accept('three', { files: ['file_a', 'file_b'] });
    await bench.advance(1_000);
    await bench.advance(1_000);
    expect(bench.contents()).toHaveLength(2);
    expect(bench.get(id)).toMatchObject({
      hold: { name: 'deferred', reason: 'limit', limit: { rule: 'pair_rate_limit', used: 2, limit: 2 } },
    });
    for (let step = 0; step < 70 && bench.contents().length < 3; step += 1) {
      await bench.advance(1_000);
    }
    await bench.reaches(id, 'sent');
  });

  it('lets what waits for an answer wait for it, whatever the pace', async () => {
    bench.limits = resolveLimits('off', { throughput: { enabled: true, gap_seconds: 10 } });
    bench.outbox.start();
    await bench.reaches(await bench.accept('question'), 'dispatched');
    prove('question', 'Q');
    const id = await bench.accept('afterwards', { afterReply: true });
    await bench.advance(60_000);
    expect(bench.get(id).hold).toMatchObject({ name: 'deferred', reason: 'after_reply' });
    hear(KIM);
    await bench.reaches(id, 'dispatched');
  });
});
