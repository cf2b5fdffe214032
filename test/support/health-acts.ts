import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { expect } from 'vitest';
import type { SimulatorRequest } from '../../src/simulator/index.ts';
import type { Json } from './bridge-process.ts';
import { atEnd } from './cleanup.ts';
import { KIM, LINE, until, type HealthBench } from './health-bench.ts';

export const SECOND = 1_000;

/** How a warning comes about, and how it goes. */
export interface Play {
  readonly cause: (bench: HealthBench) => unknown;
  readonly cure: (bench: HealthBench) => unknown;
  /** What shows it is looked at now and then, and by every doctor. */
  readonly isLookedAt?: true;
}

export const run = (bench: HealthBench, request: SimulatorRequest) => bench.mac.run(request);
export const arm = (
  bench: HealthBench,
  fault: Extract<SimulatorRequest, { command: 'fault' }>['args']['fault'],
) => run(bench, { command: 'fault', args: { fault, times: 'on' } });
export const disarm = (bench: HealthBench) => run(bench, { command: 'clear-faults', args: {} });
export const hears = async (bench: HealthBench, text: string) =>
  run(bench, { command: 'text', args: { from: KIM, text } });
/** The same, until it has been told. */
export const learns = async (bench: HealthBench, text: string) => {
  const after = String((await bench.request('GET', '/health')).body['last_sequence']);
  await hears(bench, text);
  await until(async () => {
    const { body } = await bench.request('GET', `/v1/events?types=message.received&after=${after}`);
    expect(body['data']).not.toEqual([]);
  });
};
export const orders = async (bench: HealthBench, order: string) => {
  const { body } = await bench.request('GET', '/v1/lines');
  const lines = Array.isArray(body['data']) ? body['data'] : [];
  const { id } = Object(lines.find((line) => Object(line).handle === LINE));
  expect((await bench.request('POST', `/v1/lines/${String(id)}/${order}`, {})).status).toBe(200);
};
/** Messages is asked again: it is every 5 s. */
export const asked = (bench: HealthBench) => bench.pass(5 * SECOND);
export const reaches = async (bench: HealthBench, id: string, state: string) =>
  until(async () => expect((await bench.request('GET', `/v1/outbox/${id}`)).body).toMatchObject({ state }));

/** A fault of Messages that lasts until it is cleared. */
export const faulty = (fault: Parameters<typeof arm>[1], lastsMs = 0): Play => ({
  cause: async (bench) => {
    bench.askMac(true);
    await arm(bench, fault);
    await asked(bench);
    await bench.leap(lastsMs);
  },
  cure: async (bench) => {
    bench.askMac(false);
    await disarm(bench);
    await asked(bench);
  },
});

/** A tool of macOS answers otherwise for a while. */
export const answering = (
  tool: string,
  sick: readonly [stdout: string, stderr: string],
  well: readonly [stdout: string, stderr: string],
): Play => ({
  isLookedAt: true,
  cause: ({ tools }) => tools.answer(tool, sick[0], { stderr: sick[1] }),
  cure: ({ tools }) => tools.answer(tool, well[0], { stderr: well[1] }),
});

/** Something else lies where chat.db should, while that is out of the way. */
export const inPlaceOfChatDb = (lay: (path: string) => () => void): Play => {
  let remove = (): void => undefined;
  return {
    cause: async (bench) => {
      await run(bench, { command: 'vanish', args: {} });
      remove = lay(bench.mac.database);
      await bench.pass(3 * SECOND);
    },
    cure: async (bench) => {
      remove();
      ['', '-wal', '-shm'].forEach((end) =>
        rmSync(`${bench.mac.database}${end}`, { recursive: true, force: true }),
      );
      await run(bench, { command: 'restore', args: {} });
    },
  };
};

/** The reading process says something for a while that nothing from outside makes it say. */
export const lying = (lie: (message: Json) => Json): Play => {
  const say = (bench: HealthBench, type: string) => {
    const last = bench.reader.heard.get(type);
    if (last !== undefined) {
      bench.reader.child().emit('message', last);
    }
  };
  return {
    cause: (bench) => {
      bench.reader.lies.add(lie);
      ['status', 'beat'].forEach((type) => say(bench, type));
    },
    cure: (bench) => {
      bench.reader.lies.delete(lie);
      ['status', 'beat'].forEach((type) => say(bench, type));
    },
  };
};

/** A webhook whose receiver answers everything with one status. */
export const subscribe = async (bench: HealthBench, status: number): Promise<string> => {
  const server = createServer((_, response) => response.writeHead(status).end());
  atEnd(() => server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = Object(server.address());
  const answer = await bench.request('POST', '/v1/webhooks', { url: `http://127.0.0.1:${port}/` });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return String(answer.body['id']);
};
