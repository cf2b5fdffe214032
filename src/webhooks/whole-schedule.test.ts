import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AttemptError, Delivery } from './endpoint.ts';
import { PAUSES, TIMEOUT_MS, until, WebhookBench } from './test-bench.ts';
import {
  answer,
  breakOff,
  drop,
  hang,
  verify,
  type Arrival,
  type Behaviour,
  type Receiver,
} from './test-receiver.ts';

const KIM = '+15550001111';
const LEE = '+15550002222';
/** Three events of one chat and two of another, the chats in turns. */
const EVENTS = [KIM, LEE, KIM, LEE, KIM];
/** Those that go first in their chats: what is behind them waits. */
const FIRST = [1, 2];
const OVERLAP_MS = 86_400_000;
/** After so many tries the secret is rotated; the overlap is over before the last. */
const ROTATED_AFTER = 5;
const ASKED_SECONDS = 20;

let bench: WebhookBench;
let receiver: Receiver;
/** Where redirects lead. */
let elsewhere: Receiver;
let id: string;

beforeEach(async () => {
  bench = new WebhookBench();
  receiver = await bench.receiver();
  elsewhere = await bench.receiver();
});
afterEach(() => bench.close());

interface Trouble {
  readonly name: string;
  /** What it does with requests; `null`: nothing listens. */
  readonly behaviour: () => Behaviour | null;
  readonly error: AttemptError;
  readonly status: number | null;
  /** It holds connections open until they are given up. */
  readonly isSlow?: true;
  readonly asksForMs?: number;
}

const TROUBLES: readonly Trouble[] = [
  { name: 'is not there', behaviour: () => null, error: 'unreachable', status: null },
  { name: 'closes without an answer', behaviour: () => drop, error: 'connection_closed', status: null },
  { name: 'closes half-way', behaviour: () => breakOff, error: 'connection_closed', status: null },
  { name: 'is slow', behaviour: () => hang, error: 'timed_out', status: null, isSlow: true },
  { name: 'is slow in its answer', behaviour: () => trickle, error: 'timed_out', status: null, isSlow: true },
  { name: 'answers 500', behaviour: () => answer(500), error: 'bad_status', status: 500 },
  {
    name: 'answers 429 and asks for a pause',
    behaviour: () => answer(429, { 'retry-after': String(ASKED_SECONDS) }),
    error: 'bad_status',
    status: 429,
    asksForMs: ASKED_SECONDS * 1000,
  },
  {
    name: 'redirects',
    behaviour: () => answer(302, { location: elsewhere.url }),
    error: 'redirect_refused',
    status: 302,
  },
];
const table = TROUBLES.map((trouble) => [trouble.name, trouble] as const);

/** Says 200 at once, and never comes to the end of its answer. */
const trickle: Behaviour = (response) => {
  response.writeHead(200, { 'content-length': '100' });
  response.write('slow');
};

/** In the order of their events. */
const deliveries = (): readonly Delivery[] =>
  bench.webhooks.deliveries(id, { state: null, before: null, limit: 200 }).toReversed();
const firsts = () => deliveries().filter(({ sequence }) => FIRST.includes(sequence));

async function setIn({ behaviour }: Trouble): Promise<void> {
  const does = behaviour();
  if (does === null) {
    await receiver.close();
  } else {
    receiver.behave = does;
  }
}

async function mend({ behaviour }: Trouble): Promise<void> {
  if (behaviour() === null) {
    await receiver.reopen();
  }
  receiver.behave = answer(200);
}

/** Where it is slow: lets the time for a try pass, once it is under way in both chats. */
async function giveUp(times: number, { isSlow = false }: { readonly isSlow?: boolean }): Promise<void> {
  const isUnderWay = () => receiver.arrivals.length === FIRST.length * times;
  await until(() => expect(!isSlow || isUnderWay()).toBe(true));
  bench.clock.advance(isSlow ? TIMEOUT_MS : 0);
}

/** The first of both chats have been tried so often, and nothing else has been. */
async function tried(times: number, trouble: Trouble): Promise<void> {
  await giveUp(times, trouble);
  await until(() => expect(firsts().map(({ attempts }) => attempts.length)).toEqual(FIRST.map(() => times)));
  for (const { attempts } of firsts()) {
    expect(attempts.at(-1)).toMatchObject({ error: trouble.error, status: trouble.status });
  }
  const behind = deliveries().filter(({ sequence }) => !FIRST.includes(sequence));
  expect(behind.map(({ state, attempts }) => [state, attempts])).toEqual(behind.map(() => ['pending', []]));
}

/** On to the next try, which is neither sooner nor later than the schedule and the receiver allow. */
function pass(pause: number, { asksForMs = 0 }: Trouble): void {
  const due = firsts().map(({ nextAt, attempts }) => {
    const failedAt = attempts.at(-1);
    const wait = (nextAt ?? 0) - ((failedAt?.at ?? 0) + (failedAt?.durationMs ?? 0));
    expect(wait).toBeGreaterThanOrEqual(Math.max(pause * 0.75, asksForMs));
    expect(wait).toBeLessThanOrEqual(Math.max(pause * 1.25, asksForMs));
    return nextAt ?? 0;
  });
  bench.clock.advance(Math.max(...due) - bench.clock.now());
}

/** Of each chat the events in order, and of each event one id and one body, however often it came. */
function expectOrderAndIds(arrivals: readonly Arrival[]): void {
  for (const inChat of Map.groupBy(arrivals, ({ event }) => event.data.chat_id).values()) {
    const sequences = inChat.map(({ event }) => event.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
  }
  for (const same of Map.groupBy(arrivals, ({ event }) => event.sequence).values()) {
    expect(new Set(same.map(({ headers }) => headers['webhook-id']))).toEqual(new Set([same[0]?.event.id]));
    expect(new Set(same.map(({ body }) => body)).size).toBe(1);
  }
}

describe('a receiver that for the whole schedule', () => {
  it.each(table)('%s, but not at its last step, has everything, verified', async (_, trouble) => {
    const made = bench.create(receiver.url);
    ({ id } = made);
    await setIn(trouble);
    bench.receive(...EVENTS);
    let fresh = '';
    let rotatedAt = 0;
    for (const [step, pause] of PAUSES.entries()) {
      await tried(step + 1, trouble);
      if (step + 1 === ROTATED_AFTER) {
        rotatedAt = bench.clock.now();
        fresh = bench.webhooks.rotate(id, OVERLAP_MS)?.secret ?? '';
      }
      if (step === PAUSES.length - 1) {
        await mend(trouble);
      }
      pass(pause, trouble);
    }
    await until(() => expect(bench.webhooks.get(id)).toMatchObject({ pending: 0, cursor: EVENTS.length }));

    expect(bench.listed(id)).toEqual([9, 9, 1, 1, 1].map((times) => `message.received delivered ${times}`));
    const taken = receiver.arrivals.filter(({ status }) => status === 200).map(({ event }) => event.sequence);
    expect(taken.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5]);
    expectOrderAndIds(receiver.arrivals);
    expect(elsewhere.arrivals).toEqual([]);
    expect(bench.webhooks.get(id)?.state).toEqual({ name: 'active' });

    for (const arrival of receiver.arrivals) {
      const isBefore = arrival.at <= rotatedAt;
      const isAfter = arrival.at >= rotatedAt + OVERLAP_MS;
      const valid = [...(isAfter ? [] : [made.secret]), ...(isBefore ? [] : [fresh])];
      const invalid = [made.secret, fresh].filter((secret) => !valid.includes(secret));
      valid.forEach((secret) => verify(arrival, secret));
      invalid.forEach((secret) => expect(() => verify(arrival, secret)).toThrow('No matching'));
    }
    expect(receiver.arrivals.filter(({ at }) => at >= rotatedAt + OVERLAP_MS).length).toBeGreaterThan(4);
  });

  it.each(table)('%s is disabled, and told of; nothing is lost by it', async (_, trouble) => {
    const { secret } = ({ id } = bench.create(receiver.url));
    await setIn(trouble);
    bench.receive(...EVENTS);
    for (const [step, pause] of PAUSES.entries()) {
      await tried(step + 1, trouble);
      pass(pause, trouble);
    }
    await giveUp(PAUSES.length + 1, trouble);
    const isFailing = { name: 'disabled', reason: 'failing' };
    await until(() => {
      expect(bench.webhooks.get(id)?.state).toMatchObject(isFailing);
      expect(firsts().map(({ state }) => state)).toEqual(['failed', 'failed']);
    });
    expect(bench.webhooks.stats().disabled).toEqual([id]);
    const told = bench.journal.read(bench.webhooks.get(id)?.cursor ?? bench.journal.head(), 9, {
      types: new Set(['webhook.disabled']),
      lines: null,
    });
    expect(told.entries).toHaveLength(1);

    await bench.restart();
    await mend(trouble);
    bench.webhooks.setActive(id, true, false);
    await until(() =>
      expect(bench.webhooks.get(id)).toMatchObject({ pending: 0, cursor: EVENTS.length + 1 }),
    );
    expect(bench.listed(id)).toEqual([
      'message.received failed 9',
      'message.received failed 9',
      'message.received delivered 1',
      'message.received delivered 1',
      'message.received delivered 1',
      'webhook.disabled delivered 1',
    ]);
    const none = { after: null, to: null, since: null, until: null };
    await bench.webhooks.replayRange(id, { ...none, onlyFailed: true }, 100);
    await until(() => expect(bench.webhooks.get(id)?.pending).toBe(0));
    const taken = receiver.arrivals.filter(({ status }) => status === 200).map(({ event }) => event.sequence);
    expect(taken.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(bench.webhooks.stats().disabled).toEqual([]);
    for (const same of Map.groupBy(receiver.arrivals, ({ event }) => event.sequence).values()) {
      expect(new Set(same.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
    }
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
    expect(elsewhere.arrivals).toEqual([]);
  });
});

describe('a receiver that takes its time', () => {
  it('has done so in one try where it answers within the time it has', async () => {
    ({ id } = bench.create(receiver.url));
    const answers: (() => void)[] = [];
    receiver.behave = (response, arrival) => answers.push(() => answer(200)(response, arrival));
    bench.receive(KIM);
    await until(() => expect(answers).toHaveLength(1));
    bench.clock.advance(TIMEOUT_MS - 1);
    await new Promise((resolve) => setImmediate(resolve));
    answers[0]?.();
    await until(() => expect(bench.listed(id)).toEqual(['message.received delivered 1']));
    expect(deliveries()[0]?.attempts).toMatchObject([{ durationMs: TIMEOUT_MS - 1, status: 200 }]);
  });
});
