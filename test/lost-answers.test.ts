import { connect } from 'node:net';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeHome, startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac, type Mac } from './support/mac.ts';

const KIM = '+15550001111';
const TIMES = 8;
let mac: Mac;
let bridge: BridgeProcess;

beforeEach(async () => {
  mac = await startMac();
  bridge = await startBridge({ home: makeHome(), database: mac.database, osascript: mac.osascript });
});
afterEach(cleanUp);

/** Sends a request, and is gone before the answer can have come. */
function sendAndLeave(text: string, leave: 'close' | 'reset'): Promise<void> {
  const body = JSON.stringify({ to: KIM, text });
  const socket = connect(Number(new URL(bridge.url).port), '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('error', () => undefined).on('close', () => resolve());
    socket.write(
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${bridge.key}\r\n` +
        `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
      () => (leave === 'close' ? socket.destroy() : socket.resetAndDestroy()),
    );
  });
}

async function items(): Promise<readonly unknown[]> {
  const { body } = await bridge.request('GET', '/v1/outbox?limit=200');
  const { data } = body;
  return Array.isArray(data) ? data : [];
}

it.each<['close' | 'reset', boolean]>([
  ['close', true],
  ['close', false],
  ['reset', true],
  ['reset', false],
])(
  'a client that leaves before its answer (%s) and asks again without a key sends one text',
  async (leave, waits) => {
    for (let index = 1; index <= TIMES; index += 1) {
      const text = `only once ${index}`;
      await sendAndLeave(text, leave);
      if (waits) {
        // Answered after whatever came over the connection that is gone.
        await bridge.request('GET', '/v1/lines');
      }
      const again = await bridge.request('POST', '/v1/messages', { to: KIM, text });
      expect(again.status).toBe(201);
    }
    await bridge.request('GET', '/v1/lines');
    expect(await items()).toHaveLength(TIMES);
  },
);

it('a client that has had its answer sends again, and is told of the suspicion', async () => {
  const send = () => bridge.request('POST', '/v1/messages', { to: KIM, text: 'twice' });
  const first = await send();
  const second = await send();
  expect(second.headers.get('idempotency-replayed')).toBeNull();
  expect(second.body['id']).not.toBe(first.body['id']);
  expect(second.body['suspected_duplicate_of']).toBe(first.body['id']);
});
