import { expect, vi } from 'vitest';
import { makeHome, startBridge, type BridgeProcess, type Json } from './bridge-process.ts';
import { startMac, type Mac } from './mac.ts';
import { recordCalls, type RecordedCall } from './recorder.ts';
import type { SimulatorRequest } from '../../src/simulator/index.ts';

export const KIM = '+15550001111';
export const until = (check: () => void | Promise<void>, timeout = 30_000) =>
  vi.waitFor(check, { timeout, interval: 20 });

type Fault = Extract<SimulatorRequest, { command: 'fault' }>['args']['fault'];

/** A daemon that sends through a simulated Mac, each a process of its own. */
export interface SendingBench {
  readonly mac: Mac;
  readonly bridge: () => BridgeProcess;
  calls(): RecordedCall[];
  /** Starts the daemon again on the same folder, after it was stopped or killed. */
  restart(): Promise<void>;
  fault(fault: Fault): Promise<unknown>;
  /** The id of the accepted item. */
  send(body: {
    readonly text?: string;
    readonly to?: string;
    readonly [name: string]: unknown;
  }): Promise<string>;
  item(id: string): Promise<Json>;
  reaches(id: string, expected: object): Promise<void>;
  /** What contacts were shown, with how often. */
  received(): Promise<(readonly [text: string, count: number])[]>;
}

/** Both end by themselves at the end of the test. */
export async function startSending(
  environment: Readonly<Record<string, string>> = {},
  mac: Parameters<typeof startMac>[0] = {},
): Promise<SendingBench> {
  const home = makeHome();
  const simulated = await startMac({
    timing: { readDelayMs: 150, deliveredDelayMs: 100, sentDelayMs: 50 },
    ...mac,
  });
  const recorder = recordCalls(home, simulated.osascript);
  const start = () =>
    startBridge({
      home,
      database: simulated.database,
      osascript: recorder.path,
      environment: {
        BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1',
        BLUELINE_MESSAGES_SEND_TIMEOUT_SECONDS: '2',
        ...environment,
      },
    });
  let bridge = await start();
  const item = async (id: string) => (await bridge.request('GET', `/v1/outbox/${id}`)).body;
  return {
    mac: simulated,
    bridge: () => bridge,
    calls: () => recorder.calls(),
    restart: async () => {
      bridge = await start();
    },
    fault: (fault) => simulated.command({ command: 'fault', args: { fault } }),
    send: async (body) => {
      const answer = await bridge.request('POST', '/v1/messages', { to: KIM, ...body });
      expect(answer.body).toMatchObject({ id: expect.stringMatching(/^obx_/u) });
      return String(answer.body['id']);
    },
    item,
    reaches: (id, expected) => until(async () => expect(await item(id)).toMatchObject(expected)),
    received: async () => (await simulated.state()).received.map(({ text, count }) => [text, count] as const),
  };
}
