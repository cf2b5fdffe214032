import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SimulatorRequest } from '../src/simulator/index.ts';
import { makeHome, startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac, type Mac } from './support/mac.ts';

const KIM = '+15550001111';
const until = (check: () => void | Promise<void>, timeout = 20_000) =>
  vi.waitFor(check, { timeout, interval: 20 });
type Fault = Extract<SimulatorRequest, { command: 'fault' }>['args']['fault'];

describe('sending', () => {
  let mac: Mac;
  let bridge: BridgeProcess;
  let home: string;

  beforeEach(async () => {
    home = makeHome();
    mac = await startMac({ timing: { readDelayMs: 150, deliveredDelayMs: 100, sentDelayMs: 50 } });
    await start();
  });

  afterEach(cleanUp);

  const start = async () => {
    bridge = await startBridge({
      home,
      database: mac.database,
      osascript: mac.osascript,
      environment: {
        BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1',
        BLUELINE_MESSAGES_SEND_TIMEOUT_SECONDS: '2',
      },
    });
  };
  const fault = (name: Fault) => mac.command({ command: 'fault', args: { fault: name } });
  const send = async (text: string, to = KIM): Promise<string> => {
    const answer = await bridge.request('POST', '/v1/messages', { to, text });
    expect(answer.status).toBe(201);
    return String(answer.body['id']);
  };
  const item = async (id: string) => (await bridge.request('GET', `/v1/outbox/${id}`)).body;
  const reaches = (id: string, expected: object) =>
    until(async () => expect(await item(id)).toMatchObject(expected));
  const received = async () => (await mac.state()).received.map(({ text, count }) => [text, count]);

  it("ends as failed, with Apple's number, where the address is not on iMessage", async () => {
    await mac.command({ command: 'person', args: { handle: KIM, behaviour: { reachable: false } } });
    const id = await send('anybody there?');
    await reaches(id, {
      status: 'failed',
      state: 'failed',
      error: 'message_failed',
      error_detail: { apple_code: 22 },
    });
    expect(await received()).toEqual([]);
  });

  it('is unknown, never failed and never again, where osascript said yes and no row came', async () => {
    await fault({ name: 'no-row' });
    const id = await send('lost');
    await reaches(id, { status: 'claimed', state: 'unknown', error: 'outcome_unknown' });
    const next = await send('the next goes out');
    await reaches(next, { state: 'read' });
    expect((await mac.state()).attempts).toHaveLength(2);
    await until(async () =>
      expect((await bridge.request('GET', '/health')).body['warnings']).toContainEqual(
        expect.objectContaining({ code: 'unknown_outcomes', severity: 'degraded' }),
      ),
    );
  });

  it('finds a text that went out although the script hung and was killed', async () => {
    await fault({ name: 'hang', row: true, hard: true });
    const id = await send('I was sent');
    await reaches(id, { state: 'read', status: 'sent' });
    expect(await received()).toEqual([['I was sent', 1]]);
    expect((await mac.state()).attempts).toHaveLength(1);
  });

  it('turns unknown into sent when the row comes after all', async () => {
    await fault({ name: 'row-late', ms: 2_500 });
    const id = await send('late');
    await reaches(id, { state: 'unknown' });
    await reaches(id, { state: 'read' });
    expect(await received()).toEqual([['late', 1]]);
  });

  it('fails with certainty where Messages refused before the send', async () => {
    await fault({ name: 'script-error', code: -1728, moment: 'before' });
    const id = await send('nobody home');
    await reaches(id, { state: 'failed', error: 'send_rejected' });
    expect(await received()).toEqual([]);
  });

  it('gives two equal texts two rows, one each', async () => {
    const [first, second] = await Promise.all([send('👍'), send('👍')]);
    await reaches(first, { state: 'read' });
    await reaches(second, { state: 'read' });
    expect((await item(first))['guid']).not.toBe((await item(second))['guid']);
    expect(await received()).toEqual([['👍', 2]]);
  });

  it('answers a repeated request with the first answer, and sends one text', async () => {
    const post = (text: string) =>
      bridge.request('POST', '/v1/messages', { to: KIM, text }, { 'idempotency-key': 'order-1' });
    const first = await post('one text');
    await reaches(String(first.body['id']), { state: 'read' });
    const again = await post('one text');
    expect(again.status).toBe(201);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect({ ...again.body, request_id: '' }).toEqual({ ...first.body, request_id: '' });
    const other = await post('another text');
    expect(other.status).toBe(422);
    expect(other.body).toMatchObject({ error: { code: 'idempotency_key_reused' } });
    expect(await received()).toEqual([['one text', 1]]);
  });

  it('carries any text byte for byte', async () => {
    const texts = [
      '-l JavaScript',
      '"; do shell script "x"; "',
      '\\\\ back \\n slash',
      'a\nb\r\nc\ttab',
      'ü🎈'.repeat(4_000),
    ];
    for (const text of texts) {
      await reaches(await send(text), { state: 'read' });
    }
    expect((await received()).map(([text]) => text)).toEqual(texts);
  });

  it('waits while Messages is quit, says so, and sends when it is back', async () => {
    await mac.command({ command: 'quit' });
    const quitAt = Date.now();
    await until(async () => expect((await bridge.request('GET', '/health')).status).toBe(503));
    expect(Date.now() - quitAt).toBeLessThan(10_000);
    const id = await send('later');
    expect(await item(id)).toMatchObject({ status: 'pending', state: 'queued' });
    const down = { status: 'unhealthy', messagesAppRunning: false, pendingCommands: 1 };
    await until(async () => expect((await bridge.request('GET', '/health')).body).toMatchObject(down));
    await mac.command({ command: 'reopen' });
    await reaches(id, { state: 'read' });
    await until(async () => expect((await bridge.request('GET', '/health')).status).toBe(200));
    expect(await received()).toEqual([['later', 1]]);
  });

  it('answers health from memory while a script hangs, and starts no script for it', async () => {
    await fault({ name: 'hang', row: false, hard: false });
    const id = await send('stuck');
    await reaches(id, { state: 'sending' });
    const before = (await mac.state()).questions;
    const statuses = await Promise.all(
      Array.from({ length: 50 }, async () => (await fetch(`${bridge.url}/health`)).status),
    );
    expect(new Set(statuses).size).toBe(1);
    expect((await mac.state()).questions - before).toBeLessThanOrEqual(1);
    await reaches(id, { state: 'unknown' });
  });

  it.each([
    ['while the script hangs and sends', { name: 'hang', row: true, hard: false } as const],
    ['while the row is on its way', { name: 'row-late', ms: 1_500 } as const],
  ])('never sends twice when the daemon is killed %s', async (_, name) => {
    await fault(name);
    const id = await send('once');
    await until(async () => expect((await mac.state()).attempts).toHaveLength(1));
    await bridge.kill();
    await start();
    const next = await send('afterwards');
    await reaches(id, { state: 'read' });
    await reaches(next, { state: 'read' });
    expect((await received()).toSorted(([a], [b]) => String(a).localeCompare(String(b)))).toEqual([
      ['afterwards', 1],
      ['once', 1],
    ]);
  });
});
