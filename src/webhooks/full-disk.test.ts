import { afterEach, beforeEach, expect, it } from 'vitest';
import { fillDisk } from '../../test/support/full-disk.ts';
import { PAUSES, until, WebhookBench } from './test-bench.ts';
import { answer, type Receiver } from './test-receiver.ts';

const KIM = '+15550001111';

let bench: WebhookBench;
let receiver: Receiver;
beforeEach(async () => {
  bench = new WebhookBench();
  receiver = await bench.receiver();
});
afterEach(() => bench.close());

/** The store takes nothing more from the moment at which the first request has come. */
function fillAtFirstRequest(status: number) {
  let disk: ReturnType<typeof fillDisk> | null = null;
  receiver.behave = (response, arrival) => {
    disk ??= fillDisk(bench.store);
    answer(status)(response, arrival);
  };
  return { free: () => disk?.free() };
}

const unrecorded = () => bench.logLines.filter((line) => line.includes('could not be recorded')).length;

/** It was tried to record it some times, to no avail. */
async function failsToRecord(): Promise<void> {
  await until(() => expect(unrecorded()).toBe(1));
  for (let tries = 2; tries <= 5; tries += 1) {
    bench.clock.advance(1_000);
    await until(() => expect(unrecorded()).toBe(tries));
  }
}

it('sends nothing again because the store could not keep that the receiver has it', async () => {
  const { id } = bench.create(receiver.url);
  const disk = fillAtFirstRequest(204);
  bench.receive(KIM, KIM);
  await failsToRecord();
  expect(receiver.arrivals).toHaveLength(1);
  disk.free();
  bench.clock.advance(1_000);
  await bench.idle(id);
  expect(receiver.arrivals.map(({ event }) => event.sequence)).toEqual([1, 2]);
  expect(bench.listed(id)).toEqual(['message.received delivered 1', 'message.received delivered 1']);
});

it('keeps to the schedule of a receiver that failed, though the store could not keep that', async () => {
  const { id } = bench.create(receiver.url);
  const disk = fillAtFirstRequest(500);
  bench.receive(KIM);
  await failsToRecord();
  expect(receiver.arrivals).toHaveLength(1);
  disk.free();
  bench.clock.advance(1_000);
  await until(() => expect(bench.listed(id)).toEqual(['message.received pending 1']));
  receiver.behave = answer(204);
  bench.clock.advance(2 * (PAUSES[0] ?? 0));
  await bench.idle(id);
  expect(bench.listed(id)).toEqual(['message.received delivered 2']);
});

it('ends in order where a cursor cannot be kept, which then is read from again', async () => {
  const { id } = bench.create(receiver.url, { events: ['message.failed'] });
  bench.receive(KIM);
  await bench.idle(id);
  const disk = fillDisk(bench.store);
  await expect(bench.webhooks.stop()).resolves.toBeUndefined();
  disk.free();
  await bench.restart();
  await bench.idle(id);
});

it('takes all of a change of an endpoint, or nothing', () => {
  const { id } = bench.create(receiver.url);
  const disk = fillDisk(bench.store);
  expect(() => bench.webhooks.update(id, { url: 'https://elsewhere.test/' })).toThrow('readonly');
  disk.free();
  expect(bench.webhooks.get(id)?.settings.url).toBe(receiver.url);
});
