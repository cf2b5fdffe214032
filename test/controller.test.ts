import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  BluelineClient,
  ControllerServer,
  FileCursorStore,
  type BluelineEvent,
  type BridgeNotice,
} from '../src/client/index.ts';
import { makeHome, startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import { noteCanaries } from './support/kept-logs.ts';
import { startMac, type Mac } from './support/mac.ts';
import { RoughProxy } from './support/rough-proxy.ts';
import { KIM, until } from './support/sending.ts';

const TOKEN = 'a-token-of-bridges';

describe('a daemon and its controller', () => {
  let mac: Mac;
  let home: string;
  let server: ControllerServer;
  let proxy: RoughProxy;
  let url: string;
  let events: BluelineEvent[];
  let notices: BridgeNotice[];

  beforeEach(async () => {
    home = makeHome();
    // Those that no REST call has named.
    noteCanaries(TOKEN, 'over the stream', 'text number 0');
    mac = await startMac({ timing: { readDelayMs: 150, deliveredDelayMs: 100, sentDelayMs: 50 } });
    writeFileSync(join(home, 'token'), TOKEN, { mode: 0o600 });
    events = [];
    notices = [];
    server = new ControllerServer({
      cursors: new FileCursorStore(join(home, 'cursors')),
      token: TOKEN,
      onEvent: (event) => void events.push(event),
      onNotice: (notice) => void notices.push(notice),
    });
    atEnd(() => server.close());
    const listening = await server.listen({ port: 0 });
    proxy = new RoughProxy({
      port: Number(new URL(listening.url).port),
      isDoubled: () => Math.random() < 0.1,
    });
    url = `ws://127.0.0.1:${await proxy.listen()}/bridges`;
    atEnd(() => proxy.close());
  });
  afterEach(cleanUp);

  const start = (folder = home, environment: Readonly<Record<string, string>> = {}): Promise<BridgeProcess> =>
    startBridge({
      home: folder,
      database: mac.database,
      osascript: mac.osascript,
      environment: {
        BLUELINE_BRIDGE_ID: 'mini-1',
        BLUELINE_CONTROLLER_URL: url,
        BLUELINE_CONTROLLER_TOKEN_FILE: join(home, 'token'),
        BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1',
        ...environment,
      },
    });
  const warningOf = async (bridge: BridgeProcess, code: string) => {
    const { warnings } = (await bridge.request('GET', '/health')).body;
    const found: unknown =
      Array.isArray(warnings) && warnings.find((warning: { code: string }) => warning.code === code);
    return found;
  };

  it('lose no row and send no text twice, though the daemon is killed and the network cut', async () => {
    let bridge = await start();
    await until(() => expect(server.bridge('mini-1')?.isOnline).toBe(true));
    const rows = mac.command({ command: 'burst', args: { count: 200, from: KIM, text: 'row', gapMs: 10 } });
    const texts = Array.from({ length: 6 }, (_, index) => `text number ${index}`);
    const sends = texts.map((text, index) =>
      server.send('mini-1', { to: KIM, text }, { commandId: `order-${index}` }),
    );
    const received = () => events.filter(({ type }) => type === 'message.received');
    await until(() => expect(received().length).toBeGreaterThan(30));
    proxy.cut();
    await until(() => expect(received().length).toBeGreaterThan(60));
    await bridge.kill();
    bridge = await start();
    await rows;
    proxy.cut();
    await bridge.kill();
    bridge = await start();
    for (const { result } of await Promise.all(sends)) {
      expect(['accepted', 'duplicate']).toContain(result);
    }
    // A controller that has forgotten what it asked for asks again.
    const again = await server.send('mini-1', { to: KIM, text: 'text number 0' }, { commandId: 'order-0' });
    expect(again.result).toBe('duplicate');
    await until(async () => expect(received()).toHaveLength(200));
    await until(async () => {
      const { last_sequence: head, pendingCommands } = (await bridge.request('GET', '/health')).body;
      expect(pendingCommands).toBe(0);
      expect(events.at(-1)?.sequence).toBe(head);
    });
    expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, index) => index + 1));
    const guids = received().flatMap((event) => (event.type === 'message.received' ? [event.data.guid] : []));
    expect(new Set(guids).size).toBe(200);
    const shown = (await mac.state()).received.filter(({ text }) => text.startsWith('text number '));
    expect(shown.every(({ count }) => count === 1)).toBe(true);
    const outbox = (await bridge.request('GET', '/v1/outbox?limit=50')).body['data'];
    const unknown = Array.isArray(outbox)
      ? outbox.filter((item: { state: string }) => item.state === 'unknown').length
      : 0;
    expect(shown.length + unknown).toBeGreaterThanOrEqual(texts.length);
    expect(outbox).toHaveLength(texts.length);
  }, 90_000);

  it('obey its orders, and show it how they are', async () => {
    // By its rows this Mac shows which line it has.
    await mac.command({ command: 'text', args: { from: KIM, text: 'hello' } });
    const bridge = await start(home, { BLUELINE_LIMITS_PRESET: 'balanced' });
    await until(() => expect(server.health('mini-1')?.usage?.preset).toBe('balanced'));
    const registered = server.bridge('mini-1')?.registered;
    expect(registered).toMatchObject({ bridge_id: 'mini-1', limits: { preset: 'balanced' } });
    expect(registered?.lines[0]?.capabilities).toMatchObject({ text: 'native' });

    const rules = { reach_out_limit: { limit: 20 } };
    expect(await server.command('mini-1', 'limits.lower', { rules })).toMatchObject({ result: 'accepted' });
    await until(() => expect(server.health('mini-1')?.usage?.lowered).toEqual(rules));
    expect(
      await server.command('mini-1', 'limits.lower', { rules: { reach_out_limit: { limit: 200 } } }),
    ).toMatchObject({ result: 'rejected', error: { code: 'limit_not_lower' } });
    expect(await server.command('mini-1', 'line.pause', { reason: 'lunch' })).toMatchObject({
      result: 'accepted',
    });
    await until(() => {
      const lines = server.health('mini-1')?.health?.lines;
      expect(lines?.[0]).toMatchObject({ state: 'paused', state_reason: 'lunch' });
    });
    const told: unknown[] = [];
    const refused = await server.send(
      'mini-1',
      { to: KIM, text: 'x' },
      { onCertainFailure: (failure) => void told.push(failure) },
    );
    expect(refused).toMatchObject({ result: 'rejected', error: { code: 'line_paused' } });
    expect(told).toMatchObject([{ kind: 'refused', error: { code: 'line_paused' } }]);
    expect(await bridge.stop()).toBe(0);

    const next = await start(home, { BLUELINE_LIMITS_PRESET: 'balanced' });
    const { limits } = (await next.request('GET', '/health')).body;
    expect(limits).toMatchObject({ preset: 'balanced', lowered: rules });
    const limit = (await next.request('GET', '/v1/limits')).body;
    expect(limit).toMatchObject({ lowered: rules });
  }, 60_000);

  it('are told apart: a second daemon of one bridge id is turned away, and says so in its health', async () => {
    await start();
    await until(() => expect(server.bridge('mini-1')?.isOnline).toBe(true));
    const other = makeHome();
    const second = await start(other);
    await until(async () =>
      expect(await warningOf(second, 'controller_refused')).toMatchObject({
        severity: 'degraded',
        text: expect.stringContaining('another daemon is connected under this bridge id'),
      }),
    );
    expect(notices.map(({ type }) => type)).toContain('bridge.refused');
    expect(second.output()).not.toContain(TOKEN);
  });

  it('speaks to a client over REST and the stream, with commands on it', async () => {
    const bridge = await start(home, { BLUELINE_CONTROLLER_URL: '' });
    const client = new BluelineClient({ url: bridge.url, key: bridge.key });
    const reading = client.events({ after: 0, types: ['message.sent'] });
    const sent = await client.send({ to: KIM, text: 'by the client' });
    expect((await sent.settled).state).toMatch(/^(?:sent|delivered|read)$/u);
    const seen = [];
    for await (const item of reading) {
      seen.push(item);
      if (item.kind === 'event') {
        break;
      }
    }
    expect(seen.at(-1)).toMatchObject({
      event: { type: 'message.sent', data: { text: 'by the client' } },
    });
    for await (const report of client.pollHealth({ intervalMs: 50 })) {
      expect(report).toMatchObject({ reached: true, health: { bridgeId: 'mini-1' } });
      break;
    }
    const [line] = await client.lines();
    expect(await client.usage(line?.id ?? '')).toMatchObject({ preset: 'off' });

    const stream = bridge.stream('?after=0');
    await until(() => expect(stream.frames.at(-1)).toMatchObject({ type: 'caught_up' }));
    const frame = {
      type: 'command',
      command_id: 'ws-1',
      command: 'message.send',
      body: { to: KIM, text: 'over the stream' },
    };
    stream.socket.send(JSON.stringify(frame));
    stream.socket.send(JSON.stringify(frame));
    const results = () => stream.frames.filter(({ type }) => type === 'command_result');
    await until(() => expect(results()).toHaveLength(2));
    expect(results().map(({ result }) => result)).toEqual(['accepted', 'duplicate']);
    await until(async () =>
      expect((await mac.state()).received).toContainEqual(
        expect.objectContaining({ text: 'over the stream', count: 1 }),
      ),
    );
  });
});
