import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { sequence } from '../domain/index.ts';
import { LINE, PAUSES, until, WebhookBench } from './test-bench.ts';
import { answer, breakOff, drop, hang, verify, type Receiver } from './test-receiver.ts';

const KIM = '+15550001111';
const LEE = '+15550002222';

let bench: WebhookBench;
let receiver: Receiver;

beforeEach(async () => {
  bench = new WebhookBench();
  receiver = await bench.receiver();
});
afterEach(() => bench.close());

const sequences = () => receiver.arrivals.map(({ event }) => event.sequence);

describe('webhooks', () => {
  it('bring each event once and in order, as the journal has it, with a signature that verifies', async () => {
    bench.receive(KIM);
    const { id, secret } = bench.create(receiver.url);
    bench.receive(KIM, KIM, KIM);
    await bench.idle(id);
    expect(sequences()).toEqual([2, 3, 4]);
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
    const [first] = receiver.arrivals;
    const [kept] = bench.journal.read(sequence(1), 1, { types: null, lines: null }).entries;
    expect(first?.body).toBe(kept?.json);
    expect(first?.headers).toMatchObject({
      'webhook-id': first?.event.id,
      'content-type': 'application/json',
      'user-agent': 'Blueline/0.0.0',
    });
    const broken = { ...receiver.arrivals[0], body: `${first?.body} ` };
    expect(() => first !== undefined && verify({ ...first, ...broken }, secret)).toThrow('No matching');
  });

  it('keep the order of each chat and lose nothing, whatever receivers do, in any mixture', async () => {
    await bench.close();
    // The clock runs far ahead of the sockets here.
    bench = new WebhookBench({ timeoutMs: 1e9 });
    receiver = await bench.receiver();
    const people = Array.from({ length: 7 }, (_, index) => `+1555000${1_000 + index}`);
    const { id, secret } = bench.create(receiver.url);
    const tricks = [
      answer(500),
      answer(429, { 'retry-after': '7' }),
      drop,
      breakOff,
      answer(302),
      answer(409),
    ];
    let turn = 0;
    receiver.behave = (response, arrival) => {
      turn += 1;
      const trick = turn % 3 === 0 ? tricks[(turn * 7) % tricks.length] : undefined;
      (trick ?? answer(200))(response, arrival);
    };
    bench.receive(...Array.from({ length: 140 }, (_, index) => people[(index * 5) % people.length] ?? KIM));
    await until(() => {
      bench.clock.advance(2_000);
      expect(bench.webhooks.get(id)).toMatchObject({ pending: 0, cursor: 140 });
    });
    const taken = receiver.arrivals.filter(({ status }) => status === 200);
    for (const arrival of receiver.arrivals) {
      verify(arrival, secret);
    }
    const inOrder = (of: readonly (typeof taken)[number][]) => of.map(({ event }) => event.sequence);
    expect(inOrder(taken).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 140 }, (_, i) => i + 1));
    const chats = new Set(taken.map(({ event }) => event.data.chat_id));
    expect(chats.size).toBe(people.length);
    for (const chat of chats) {
      const all = inOrder(receiver.arrivals.filter(({ event }) => event.data.chat_id === chat));
      expect(all).toEqual(all.toSorted((a, b) => a - b));
    }
    const bySequence = Map.groupBy(receiver.arrivals, ({ event }) => event.sequence);
    for (const tries of bySequence.values()) {
      expect(new Set(tries.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    }
  });

  it('wait for nobody else: a dead receiver, and a slow one, hold nothing up', async () => {
    const dead = await bench.receiver();
    const slow = await bench.receiver();
    dead.behave = drop;
    slow.behave = hang;
    const ids = [dead, slow, receiver].map(({ url }) => bench.create(url).id);
    bench.receive(...Array.from({ length: 60 }, (_, index) => (index % 2 === 0 ? KIM : LEE)));
    await bench.idle(ids[2] ?? '');
    expect(sequences()).toHaveLength(60);
    expect(ids.map((id) => bench.webhooks.get(id)?.pending)).toEqual([60, 60, 0]);
    expect(slow.arrivals).toHaveLength(2);
  });

  it('let the other chats pass one that is stuck', async () => {
    receiver.behave = (response, arrival) =>
      (arrival.event.sequence === 1 ? answer(500) : answer(200))(response, arrival);
    const { id } = bench.create(receiver.url);
    bench.receive(KIM, KIM, LEE, LEE);
    await until(() => expect(sequences()).toEqual([1, 3, 4]));
    // The receiver has it sooner than its answer is noted.
    await until(() => expect(bench.webhooks.get(id)?.pending).toBe(2));
  });

  it('go on after the end of the process, with the same ids and no step lost or begun anew', async () => {
    const { id, secret } = bench.create(receiver.url);
    receiver.behave = answer(500);
    bench.receive(KIM, KIM);
    await until(() => expect(bench.listed(id)[0]).toBe('message.received pending 1'));
    receiver.behave = hang;
    bench.clock.advance((PAUSES[0] ?? 0) * 1.25);
    await until(() => expect(receiver.arrivals).toHaveLength(2));
    const stopping = bench.restart();
    bench.clock.advance(2_000);
    receiver.behave = answer(200);
    await stopping;
    await bench.idle(id);
    // The one that was under way at the end was sent again; it does not count as an attempt.
    expect(bench.listed(id)).toEqual(['message.received delivered 2', 'message.received delivered 1']);
    expect(sequences()).toEqual([1, 1, 1, 2]);
    expect(new Set(receiver.arrivals.slice(0, 3).map(({ body }) => body)).size).toBe(1);
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
  });

  it('sign with both secrets for as long as a rotation overlaps, and with the new one alone after it', async () => {
    const { id, secret } = bench.create(receiver.url);
    bench.receive(KIM);
    await bench.idle(id);
    const rotated = bench.webhooks.rotate(id, 60_000);
    const fresh = rotated?.secret ?? '';
    expect(fresh).not.toBe(secret);
    bench.receive(KIM);
    await bench.idle(id);
    bench.clock.advance(60_000);
    bench.receive(KIM);
    await bench.idle(id);
    const [before, during, after] = receiver.arrivals;
    if (before === undefined || during === undefined || after === undefined) {
      throw new Error('three deliveries were expected');
    }
    verify(before, secret);
    expect(String(during.headers['webhook-signature']).split(' ')).toHaveLength(2);
    verify(during, secret);
    verify(during, fresh);
    verify(after, fresh);
    expect(() => verify(before, fresh)).toThrow('No matching');
    expect(() => verify(after, secret)).toThrow('No matching');
    expect(bench.webhooks.get(id)?.previousSecretUntil).toBeNull();
  });

  it("speak as Messages.dev does where that is the profile, stamped anew at each attempt, with the standard's headers beside", async () => {
    const { id, secret } = bench.create(receiver.url, { profile: 'messages_dev' });
    receiver.behave = drop;
    bench.receive(KIM);
    await until(() => expect(bench.listed(id)).toEqual(['message.received pending 1']));
    receiver.behave = answer(200);
    bench.clock.advance((PAUSES[0] ?? 0) * 1.25);
    await bench.idle(id);
    for (const arrival of receiver.arrivals) {
      const body: unknown = JSON.parse(arrival.body);
      expect(body).toMatchObject({
        event: 'message.received',
        timestamp: arrival.at,
        delivery_id: expect.stringMatching(/^dlv_/u),
        data: { text: expect.any(String), line_handle: LINE, attachments: [], is_from_me: false },
      });
      const expected = createHmac('sha256', secret).update(`${arrival.at}.${arrival.body}`).digest('hex');
      expect(arrival.headers).toMatchObject({
        'x-webhook-signature': expected,
        'x-webhook-timestamp': String(arrival.at),
      });
      verify(arrival, secret);
    }
    const ids = receiver.arrivals.map(({ headers }) => headers['x-webhook-delivery-id']);
    expect(new Set(ids).size).toBe(1);
  });

  it("try the secret of before where Messages.dev's one signature is refused during a rotation", async () => {
    const { id, secret } = bench.create(receiver.url, { profile: 'messages_dev' });
    receiver.behave = (response, arrival) => {
      const expected = createHmac('sha256', secret).update(`${arrival.at}.${arrival.body}`).digest('hex');
      answer(arrival.headers['x-webhook-signature'] === expected ? 200 : 401)(response, arrival);
    };
    bench.webhooks.rotate(id, 3_600_000);
    bench.receive(KIM);
    await until(() => expect(bench.listed(id)).toEqual(['message.received pending 1']));
    bench.clock.advance((PAUSES[0] ?? 0) * 1.25);
    await until(() => expect(bench.listed(id)).toEqual(['message.received delivered 2']));
  });
});

describe('the list of webhooks', () => {
  it('forgets one that is deleted, with all that waited for it', async () => {
    receiver.behave = hang;
    const { id } = bench.create(receiver.url);
    bench.receive(KIM, LEE);
    await until(() => expect(receiver.arrivals).toHaveLength(2));
    expect(await bench.webhooks.remove(id)).toBe(true);
    expect(await bench.webhooks.remove(id)).toBe(false);
    expect(bench.webhooks.list()).toEqual([]);
    await bench.restart();
    expect(bench.listed(id)).toEqual([]);
  });

  it('tells in one try what a receiver says to a test, also of a webhook that is paused', async () => {
    const { id, secret } = bench.create(receiver.url);
    bench.webhooks.setActive(id, false, false);
    receiver.behave = answer(418);
    expect(await bench.webhooks.test(id)).toMatchObject({ status: 418, error: 'bad_status' });
    receiver.behave = answer(200);
    expect(await bench.webhooks.test(id)).toMatchObject({ status: 200, error: null });
    expect(receiver.arrivals[1]?.event).toMatchObject({ type: 'webhook.test', data: { webhook_id: id } });
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
    expect(bench.listed(id)).toEqual([]);
  });

  it('keeps past deliveries for as long as it is told', async () => {
    const { id } = bench.create(receiver.url);
    bench.receive(KIM);
    await bench.idle(id);
    bench.clock.advance(7 * 86_400_000 + 60_000);
    expect(bench.listed(id)).toEqual([]);
  });

  it('logs neither a secret nor a text nor an address', async () => {
    const { id, secret } = bench.create(receiver.url);
    receiver.behave = answer(410);
    bench.receive(KIM);
    await until(() => expect(bench.webhooks.get(id)?.state.name).toBe('disabled'));
    const logged = bench.logLines.join('');
    expect(logged).toContain(id);
    for (const hidden of [secret, 'text 1', KIM, receiver.url]) {
      expect(logged).not.toContain(hidden);
    }
  });
});

describe('a burst', () => {
  it('of 5,000 events leaves everybody else their turns', async () => {
    let since = 0;
    let most = 0;
    let turns = 0;
    receiver.behave = (response, arrival) => {
      since += 1;
      most = Math.max(most, since);
      answer(200)(response, arrival);
    };
    let isOver = false;
    const turn = () => {
      turns += 1;
      since = 0;
      if (!isOver) {
        setImmediate(turn);
      }
    };
    turn();
    const { id } = bench.create(receiver.url);
    bench.receive(...Array.from({ length: 5_000 }, (_, index) => `+1555000${1_000 + ((index * 37) % 200)}`));
    await bench.idle(id);
    isOver = true;
    expect(receiver.arrivals).toHaveLength(5_000);
    expect(new Set(sequences()).size).toBe(5_000);
    // Never more between two turns than may be under way at once, twice for those whose answers make room.
    expect(most).toBeLessThanOrEqual(16);
    expect(turns).toBeGreaterThan(5_000 / 16);
  });
});
