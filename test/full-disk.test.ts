import { once } from 'node:events';
import { appendFileSync, cpSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { makeHome, startBridge } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac } from './support/mac.ts';
import { KIM, until } from './support/sending.ts';
import { hasSmallDisks, onSmallDisk } from './support/small-disk.ts';

const DISK_BYTES = 8_000_000;
/** Two processes start, and Messages is looked at every five seconds. */
const TEST_MS = 90_000;

afterEach(cleanUp);

/** The processes in which a bridge reads the database of Messages. */
function readersOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .map(Number)
    .filter((child) => child > 0 && commandOf(child).includes('reader-process'));
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return '';
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Takes all the room that there is, to the last byte. */
function fill(path: string): void {
  for (let bytes = 1_048_576; bytes >= 1;) {
    try {
      appendFileSync(path, Buffer.alloc(bytes));
    } catch {
      bytes = Math.floor(bytes / 16);
    }
  }
}

it(
  'lives on while its disk is full, and has lost nothing when there is room again',
  { timeout: TEST_MS },
  async (context) => {
    const home = makeHome();
    if (!hasSmallDisks(home)) {
      context.skip('This machine lets us mount no small disk.');
    }
    const mac = await startMac();
    const bridge = await startBridge({
      home,
      database: mac.database,
      osascript: mac.osascript,
      through: onSmallDisk(home, DISK_BYTES),
      // The folder as the daemon sees it.
      seenAs: (pid) => `/proc/${pid}/root${home}`,
      environment: { BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1', BLUELINE_FILES_RESERVE_BYTES: '0' },
    });
    const filler = join(`/proc/${bridge.pid}/root${home}`, 'filler');
    const send = (text: string) => bridge.request('POST', '/v1/messages', { to: KIM, text });
    const events = async () => {
      const { body } = await bridge.request('GET', '/v1/events?after=0&limit=500');
      return Array.isArray(body['data']) ? body['data'] : [];
    };
    const received = async () =>
      (await events()).filter(({ type }) => type === 'message.received').map(({ data }) => data.text);
    const health = async () => (await bridge.request('GET', '/health')).body;
    const hear = (text: string) => mac.command({ command: 'text', args: { from: KIM, text } });

    await hear('before');
    await until(async () => expect(await received()).toEqual(['before']));
    fill(filler);
    const texts = Array.from({ length: 8 }, (_, index) => `while full ${index}`);
    for (const text of texts) {
      await hear(text);
    }
    const refused = await send('refused');
    expect([refused.status, refused.body['error']]).toEqual([
      503,
      expect.objectContaining({ code: expect.any(String) }),
    ]);
    // What becomes of the reading process and of Messages meanwhile would be told in events as well.
    const readers = readersOf(bridge.pid);
    expect(readers).toHaveLength(1);
    for (const pid of readers) {
      process.kill(pid, 'SIGKILL');
    }
    await mac.command({ command: 'quit', args: {} });
    await until(async () => expect(await health()).toMatchObject({ messagesAppRunning: false }));
    expect(await received()).not.toEqual(['before', ...texts]);

    rmSync(filler);
    await until(async () => expect(await received()).toEqual(['before', ...texts]));
    await until(async () =>
      expect((await events()).map(({ type, data }) => [type, data.state])).toContainEqual([
        'line.state_changed',
        'offline',
      ]),
    );
    const figures = await (await fetch(`${bridge.url}/metrics`)).text();
    expect(figures).toContain('blueline_events_total{type="message.received"} 9');
    expect((await send('taken')).status).toBe(201);
    expect(await bridge.stop()).toBe(0);
  },
);

it(
  'starts with hardly any room, and is found and tells of it when there is more',
  { timeout: TEST_MS },
  async (context) => {
    const home = makeHome();
    if (!hasSmallDisks(home)) {
      context.skip('This machine lets us mount no small disk.');
    }
    const mac = await startMac();
    const options = { home, database: mac.database, osascript: mac.osascript };
    expect(await (await startBridge(options)).stop()).toBe(0);
    const prepared = makeHome();
    cpSync(home, prepared, { recursive: true });
    // Enough for SQLite to open the store, and for nothing to be written to it.
    const leave = `cp -R '${prepared}/.' '${home}'
    dd if=/dev/zero of='${home}/room' bs=1024 count=48
    dd if=/dev/zero of='${home}/filler' bs=4096
    rm '${home}/room'
    exec "$@"`;
    const seen = (pid: number) => `/proc/${pid}/root${home}`;
    const port = await freePort();
    const started = async () => {
      const key = readFileSync(join(home, 'cli.key'), 'utf8').trim();
      const answer = await fetch(`http://127.0.0.1:${port}/v1/events?after=0`, {
        headers: { authorization: `Bearer ${key}` },
      });
      return (await answer.text()).split('"bridge.started"').length - 1;
    };
    let freed: Promise<void> = Promise.resolve();
    const bridge = await startBridge({
      ...options,
      through: [...onSmallDisk(home, DISK_BYTES), 'sh', '-c', leave, 'sh'],
      seenAs: (pid) => {
        // It answers, and has told nothing since the start before.
        freed = until(async () => expect(await started()).toBe(1)).then(() =>
          rmSync(join(seen(pid), 'filler')),
        );
        return seen(pid);
      },
      environment: { BLUELINE_HTTP_PORT: String(port) },
    });
    await freed;
    await until(async () => expect(await started()).toBe(2));
    expect(bridge.url).toBe(`http://127.0.0.1:${port}`);
  },
);
