import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineId } from '../contract/index.ts';
import { chatRef, handle, instant, messageGuid, sequence } from '../domain/index.ts';
import { LINE, PAUSES, until, WebhookBench } from './test-bench.ts';
import { answer, drop, verify, type Receiver } from './test-receiver.ts';

const KIM = '+15550001111';
const NO_RANGE = { after: null, to: null, since: null, until: null, onlyFailed: false };

let bench: WebhookBench;
let receiver: Receiver;

beforeEach(async () => {
  bench = new WebhookBench();
  receiver = await bench.receiver();
});
afterEach(() => bench.close());

const sequences = () => receiver.arrivals.map(({ event }) => event.sequence);

describe('what a webhook gets', () => {
  it('is what it asked for, by type and line; events of the bridge pass for every line', async () => {
    const { id } = bench.create(receiver.url, {
      events: ['message.received', 'bridge.started'],
      lines: [lineId(LINE)],
    });
    bench.journal.write((append) => {
      append({ type: 'bridge.started', version: '1' });
      append(bench.received(KIM));
      append(bench.received(KIM, { line: handle('+15558880000') }));
      append({ type: 'bridge.health_changed', status: 'healthy', codes: [] });
      append(bench.received(KIM));
    });
    await bench.idle(id);
    expect(new Set(sequences())).toEqual(new Set([1, 2, 5]));
  });

  it('leaves out twins, unless they are asked for, and groups that Messages has not yet named', async () => {
    const twins = await bench.receiver();
    const plain = bench.create(receiver.url).id;
    const all = bench.create(twins.url, { includeBackfilled: true }).id;
    bench.journal.write((append) => {
      append(bench.received(KIM, { replayOf: messageGuid('earlier') }));
      append(bench.received(KIM, { chat: chatRef('group', 'chat1'), chatResolved: 'handle' }));
      append(bench.received(KIM, { chat: chatRef('direct', KIM), chatResolved: 'handle' }));
      append(bench.received(KIM, { chat: chatRef('group', 'chat1') }));
    });
    await bench.idle(plain, all);
    expect(new Set(sequences())).toEqual(new Set([3, 4]));
    expect(new Set(twins.arrivals.map(({ event }) => event.sequence))).toEqual(new Set([1, 3, 4]));
  });

  it('goes on where it was when it is paused and enabled, or skips what it missed', async () => {
    const { id } = bench.create(receiver.url);
    bench.receive(KIM);
    await bench.idle(id);
    bench.webhooks.setActive(id, false, false);
    bench.receive(KIM, KIM);
    expect(bench.webhooks.stats().disabled).toEqual([]);
    bench.webhooks.setActive(id, true, false);
    await until(() => expect(sequences()).toEqual([1, 2, 3]));
    receiver.behave = answer(500);
    bench.receive(KIM, KIM);
    await until(() => expect(bench.listed(id)[3]).toBe('message.received pending 1'));
    bench.webhooks.setActive(id, false, false);
    bench.receive(KIM);
    bench.webhooks.setActive(id, true, true);
    receiver.behave = answer(200);
    bench.receive(KIM);
    await bench.idle(id);
    expect(sequences()).toEqual([1, 2, 3, 4, 7]);
    expect(bench.listed(id).slice(3)).toEqual([
      'message.received failed 2',
      'message.received failed 1',
      'message.received delivered 1',
    ]);
  });

  it('is told of events that the journal no longer holds', async () => {
    const old = await bench.receiver();
    const { id, secret } = bench.create(receiver.url);
    const { id: oldId } = bench.create(old.url, { profile: 'messages_dev' });
    bench.webhooks.setActive(id, false, false);
    bench.webhooks.setActive(oldId, false, false);
    bench.receive(KIM, KIM, KIM);
    bench.clock.advance(10_000);
    expect(bench.journal.prune({ ms: 5_000, bytes: 0, maxBytes: Infinity }, 2)).toBe(2);
    bench.webhooks.setActive(id, true, false);
    bench.webhooks.setActive(oldId, true, false);
    await bench.idle(id, oldId);
    const gap = receiver.arrivals.find(({ body }) => body.includes('"webhook.gap"'));
    expect(gap?.event).toMatchObject({
      type: 'webhook.gap',
      sequence: 2,
      data: { from: 1, to: 2, reason: 'retention' },
    });
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
    expect(bench.webhooks.get(id)?.record.lastGap).toMatchObject({ from: 1, to: 2 });
    // Messages.dev's clients refuse what they do not know: there it is only listed.
    expect(old.arrivals).toHaveLength(1);
    expect(bench.listed(oldId)).toEqual(['webhook.gap failed 1', 'message.received delivered 1']);
  });

  it('lists as failed what is no longer kept when its turn comes', async () => {
    receiver.behave = drop;
    const { id } = bench.create(receiver.url);
    bench.receive(KIM, KIM);
    await until(() => expect(bench.listed(id)[0]).toBe('message.received pending 1'));
    bench.clock.advance(1);
    bench.journal.prune({ ms: 0, bytes: 0, maxBytes: Infinity }, 10);
    bench.clock.advance((PAUSES[0] ?? 0) * 1.25);
    await bench.idle(id);
    const [second, first] = bench.webhooks.deliveries(id, { state: 'failed', before: null, limit: 9 });
    expect([first, second].map((item) => item?.attempts.at(-1)?.error)).toEqual([
      'event_expired',
      'event_expired',
    ]);
    const expired = first?.id ?? '';
    expect(() => bench.webhooks.replay(id, expired)).toThrow('no longer kept');
  });
});

describe('a replay', () => {
  it('sends one again, or a range, under the same ids and in order', async () => {
    const { id } = bench.create(receiver.url);
    bench.receive(KIM);
    bench.clock.advance(1_000);
    const second = bench.clock.now();
    bench.receive(KIM, KIM);
    await bench.idle(id);
    const [, middle] = bench.webhooks.deliveries(id, { state: null, before: null, limit: 9 });
    expect(bench.webhooks.replay(id, middle?.id ?? '')).toMatchObject({ id: middle?.id, state: 'pending' });
    await bench.idle(id);
    expect(sequences()).toEqual([1, 2, 3, 2]);
    expect(bench.listed(id)[1]).toBe('message.received delivered 2');
    expect(await bench.webhooks.replayRange(id, { ...NO_RANGE, after: sequence(0) }, 2)).toEqual({
      count: 2,
      nextAfter: 2,
    });
    await bench.idle(id);
    expect(await bench.webhooks.replayRange(id, { ...NO_RANGE, since: second }, 100)).toEqual({
      count: 2,
      nextAfter: null,
    });
    await bench.idle(id);
    const later = instant(second + 1);
    expect(await bench.webhooks.replayRange(id, { ...NO_RANGE, since: later }, 100)).toMatchObject({
      count: 0,
    });
    expect(sequences()).toEqual([1, 2, 3, 2, 1, 2, 2, 3]);
    const byEvent = Map.groupBy(receiver.arrivals, ({ event }) => event.sequence);
    expect([...byEvent.values()].map((of) => new Set(of.map(({ body }) => body)).size)).toEqual([1, 1, 1]);
  });

  it('may be of the failed alone, and of events from before the webhook', async () => {
    bench.receive(KIM);
    receiver.behave = (response, arrival) =>
      (arrival.event.sequence === 2 ? answer(400) : answer(200))(response, arrival);
    const { id } = bench.create(receiver.url);
    bench.receive(KIM, KIM);
    await until(() => expect(sequences()).toEqual([2, 3]));
    await bench.idle(id);
    receiver.behave = answer(200);
    await bench.webhooks.replayRange(id, { ...NO_RANGE, onlyFailed: true }, 100);
    await bench.idle(id);
    expect(sequences()).toEqual([2, 3, 2]);
    await bench.webhooks.replayRange(id, { ...NO_RANGE, after: sequence(0), to: sequence(1) }, 100);
    await bench.idle(id);
    expect(sequences()).toEqual([2, 3, 2, 1]);
  });
});
