import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PAUSES, TIMEOUT_MS, until, WebhookBench } from './test-bench.ts';
import { answer, breakOff, drop, hang, verify, type Behaviour, type Receiver } from './test-receiver.ts';

const KIM = '+15550001111';
const LEE = '+15550002222';

let bench: WebhookBench;
let receiver: Receiver;
let id: string;
let secret: string;

beforeEach(async () => {
  bench = new WebhookBench();
  receiver = await bench.receiver();
  ({ id, secret } = bench.create(receiver.url));
});
afterEach(() => bench.close());

const arrivals = (count: number) => until(() => expect(receiver.arrivals).toHaveLength(count));
const attempts = (count: number) =>
  until(() => expect(bench.listed(id)[0]).toMatch(new RegExp(` ${count}$`, 'u')));
const delivery = () => bench.webhooks.deliveries(id, { state: null, before: null, limit: 1 })[0];
const ids = () => [...new Set(receiver.arrivals.map(({ headers }) => headers['webhook-id']))];
/** Past a pause and its longest jitter. */
const past = (pause = 0) => bench.clock.advance(Math.ceil(pause * 1.25) + 1);

describe('a receiver that does not take a delivery', () => {
  it('has it at the last step of the schedule, after being down for all of it', async () => {
    receiver.behave = drop;
    bench.receive(KIM, KIM);
    for (const [step, pause] of PAUSES.entries()) {
      await attempts(step + 1);
      if (step === PAUSES.length - 1) {
        receiver.behave = answer(204);
      }
      // Not before the shortest that jitter makes of the pause …
      bench.clock.advance(pause * 0.75 - 1);
      await new Promise((resolve) => setImmediate(resolve));
      expect(receiver.arrivals).toHaveLength(step + 1);
      past(pause / 2);
    }
    // … and all nine for the first before anything of the second.
    await until(() =>
      expect(bench.listed(id)).toEqual(['message.received delivered 9', 'message.received delivered 1']),
    );
    expect(receiver.arrivals.map(({ event }) => event.sequence)).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    expect(ids()).toHaveLength(2);
    expect(new Set(receiver.arrivals.slice(0, 9).map(({ body }) => body)).size).toBe(1);
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
    const { state, record } = bench.webhooks.get(id) ?? {};
    expect([state, record?.failingSince]).toEqual([{ name: 'active' }, null]);
  });

  it.each<[string, Behaviour, string, (() => void)?]>([
    ['answers 500', answer(500), 'bad_status'],
    ['answers 408', answer(408), 'bad_status'],
    ['redirects', answer(302, { location: 'http://127.0.0.1:1/elsewhere' }), 'redirect_refused'],
    ['closes without an answer', drop, 'connection_closed'],
    ['closes half-way', breakOff, 'connection_closed'],
    ['is slow', hang, 'timed_out', () => bench.clock.advance(TIMEOUT_MS)],
  ])('gets it again when it %s', async (_what, behaviour, error, meanwhile) => {
    receiver.behave = behaviour;
    bench.receive(KIM);
    await arrivals(1);
    meanwhile?.();
    await attempts(1);
    expect(delivery()?.attempts).toMatchObject([{ error }]);
    receiver.behave = answer(200);
    past(PAUSES[0]);
    await until(() => expect(bench.listed(id)).toEqual(['message.received delivered 2']));
    expect(ids()).toHaveLength(1);
    expect(receiver.arrivals.map(({ path }) => path)).toEqual(['/hook', '/hook']);
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
  });

  it('gets it again when it does not speak TLS, once it is elsewhere', async () => {
    bench.webhooks.update(id, { url: receiver.url.replace('http:', 'https:') });
    bench.receive(KIM);
    await attempts(1);
    expect(delivery()?.attempts).toMatchObject([{ error: 'tls_failed', status: null }]);
    bench.webhooks.update(id, { url: receiver.url });
    await until(() => expect(bench.listed(id)).toEqual(['message.received delivered 2']));
    expect(bench.webhooks.get(id)?.record.failingSince).toBeNull();
  });

  it('asks for quiet in the middle of others that succeed, and gets it', async () => {
    const answers = new Map<number, () => void>();
    receiver.behave = (response, arrival) => {
      const { sequence } = arrival.event;
      const reply = sequence === 1 ? answer(429, { 'retry-after': '60' }) : answer(200);
      answers.set(sequence, () => reply(response, arrival));
    };
    bench.receive(KIM, LEE);
    await until(() => expect(answers.size).toBe(2));
    answers.get(1)?.();
    await attempts(1);
    answers.get(2)?.();
    await until(() => expect(bench.listed(id)[1]).toBe('message.received delivered 1'));
    receiver.behave = answer(200);
    bench.receive(LEE);
    bench.clock.advance(59_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(receiver.arrivals).toHaveLength(2);
    bench.clock.advance(1_001);
    await until(() => expect(bench.webhooks.get(id)).toMatchObject({ pending: 0, cursor: 3 }));
  });

  it('is left alone for as long as it asks, with all that it is to get', async () => {
    receiver.behave = answer(429, { 'retry-after': '900' });
    bench.receive(KIM);
    await attempts(1);
    receiver.behave = answer(200);
    bench.receive(LEE);
    bench.clock.advance(899_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(receiver.arrivals).toHaveLength(1);
    await bench.restart();
    bench.clock.advance(1_001);
    await arrivals(3);
    await until(() => expect(bench.webhooks.get(id)?.pending).toBe(0));
  });

  it('may name the moment as a date, but none further off than a day', async () => {
    receiver.behave = answer(503, { 'retry-after': new Date(bench.clock.now() + 60_000).toUTCString() });
    bench.receive(KIM);
    await attempts(1);
    bench.clock.advance(58_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(receiver.arrivals).toHaveLength(1);
    receiver.behave = answer(429, { 'retry-after': '99999999' });
    bench.clock.advance(3_000);
    await attempts(2);
    receiver.behave = answer(200);
    bench.clock.advance(86_400_001);
    await until(() => expect(bench.listed(id)).toEqual(['message.received delivered 3']));
  });

  it.each([400, 401, 404, 422])(
    'is asked once where it answers %d; the next event goes on',
    async (status) => {
      receiver.behave = answer(status);
      bench.receive(KIM);
      await until(() => expect(bench.listed(id)).toEqual(['message.received failed 1']));
      receiver.behave = answer(200);
      bench.receive(KIM);
      await until(() =>
        expect(bench.listed(id)).toEqual(['message.received failed 1', 'message.received delivered 1']),
      );
      expect(delivery()?.attempts[0]).toMatchObject({ status: 200, error: null, response: 'status 200' });
    },
  );

  it('is disabled at once where it answers 410, and told of; what happens meanwhile waits for it', async () => {
    receiver.behave = answer(410);
    bench.receive(KIM);
    await until(() =>
      expect(bench.webhooks.get(id)?.state).toMatchObject({ name: 'disabled', reason: 'gone' }),
    );
    bench.receive(KIM, LEE);
    await bench.restart();
    await new Promise((resolve) => setImmediate(resolve));
    expect(receiver.arrivals).toHaveLength(1);
    expect(bench.webhooks.stats().disabled).toEqual([id]);
    receiver.behave = answer(200);
    bench.webhooks.setActive(id, true, false);
    await until(() =>
      expect(bench.listed(id)).toEqual([
        'message.received failed 1',
        'webhook.disabled delivered 1',
        'message.received delivered 1',
        'message.received delivered 1',
      ]),
    );
  });

  it('gets what waits as soon as it takes anything again, beside the schedule', async () => {
    receiver.behave = drop;
    bench.receive(KIM);
    for (const [step, pause] of PAUSES.slice(0, 4).entries()) {
      await attempts(step + 1);
      past(pause);
    }
    await attempts(5);
    expect(bench.webhooks.stats().failing).toEqual([id]);
    // The next try is up to an hour off.
    receiver.behave = answer(200);
    bench.receive(LEE);
    await until(() =>
      expect(bench.listed(id)).toEqual(['message.received delivered 6', 'message.received delivered 1']),
    );
    expect(bench.webhooks.stats().failing).toEqual([]);
  });

  it('uses up none of the schedule by that', async () => {
    receiver.behave = (response, arrival) =>
      (arrival.event.sequence === 1 ? drop : answer(200))(response, arrival);
    bench.receive(KIM);
    await attempts(1);
    past(PAUSES[0]);
    await attempts(2);
    past(PAUSES[1]);
    await attempts(3);
    past(60_000);
    bench.receive(LEE);
    await attempts(4);
    const planned = delivery();
    expect(planned).toMatchObject({ state: 'delivered' });
    for (const [step, pause] of PAUSES.slice(2).entries()) {
      past(pause);
      await attempts(5 + step);
    }
    await until(() => expect(bench.listed(id)[0]).toBe('message.received failed 10'));
  });
});
