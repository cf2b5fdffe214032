import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../runtime/index.ts';
import { answer, startReceiver, verify, type Receiver } from '../webhooks/test-receiver.ts';
import { parseJson } from './parse-json.ts';
import { startTestBridge, type TestBridge } from './test-bridge.ts';
import { type as typeLine, until } from './test-terminal.ts';

const KIM = '+15550001111';
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

let bench: TestBridge;
let receiver: Receiver;
beforeAll(async () => {
  bench = await startTestBridge();
  receiver = await startReceiver(systemClock());
});
afterAll(async () => {
  await receiver.close();
  await bench.stop();
});
afterEach(() => {
  receiver.behave = answer(200);
  receiver.arrivals.length = 0;
});

interface Json {
  readonly id?: string;
  readonly secret?: string;
  readonly data?: readonly Json[];
  readonly state?: string;
  readonly [name: string]: unknown;
}
const text = (argv: readonly string[]) => typeLine(['webhooks', ...argv], bench.environment, { isTTY: true });
async function json(...argv: readonly string[]): Promise<Json> {
  const { stdout, stderr } = await typeLine(argv, bench.environment);
  expect(stderr).toBe('');
  const parsed = parseJson(stdout);
  return typeof parsed === 'object' && parsed !== null ? { ...parsed } : {};
}
const texts = () => receiver.arrivals.map(({ event }) => event.data['text']);
const arrives = (words: string) => bench.mac.run({ command: 'text', args: { from: KIM, text: words } });

describe('blueline webhooks', () => {
  it('makes one, shows what it delivered, tries it, rotates its secret and deletes it', async () => {
    const created = await text([
      'create',
      receiver.url,
      '--event',
      'message.received',
      '--description',
      'crm',
    ]);
    expect(created).toMatchObject({ exit: 0 });
    const [, secret = ''] = /^(whsec_\S+)/u.exec(created.stdout) ?? [];
    const [, id = ''] = /(whk_\S+)/u.exec(created.stdout) ?? [];
    expect(created.stdout).toMatch(/events\s+message\.received/u);
    expect(created.stderr).toContain('not shown again');

    await arrives('first');
    await until('the delivery', () => texts().includes('first'));
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
    const listed = await text(['list']);
    expect(listed.stdout).toMatch(/whk_[\s\S]*message\.received[\s\S]*active/u);
    expect(listed.stdout).not.toContain('whsec_');
    const shown = await text(['show', id]);
    expect(shown.stdout).toMatch(/events\s+message\.received[\s\S]*state\s+active[\s\S]*success\s+last at/u);
    expect(shown.stdout).not.toContain('whsec_');
    const deliveries = await text(['deliveries', id]);
    expect(deliveries.stdout).toMatch(/message\.received #\d+[\s\S]*1[\s\S]*dlv_/u);

    expect((await text(['test', id])).stdout).toMatch(/^The receiver took it \(200, \d+ ms\)/u);
    receiver.behave = answer(500);
    const failed = await text(['test', id]);
    expect(failed).toMatchObject({ exit: 1 });
    expect(failed.stdout).toMatch(/did not take it: 500[\s\S]*status 500/u);
    receiver.behave = answer(200);

    const rotated = await text(['rotate', id, '--overlap', '5']);
    expect(rotated.stdout).toMatch(/^whsec_\S+[\s\S]*overlap\s+the secret before signs too until/u);
    expect((await text(['update', id, '--pause'])).stdout).toMatch(/state\s+paused/u);
    expect((await text(['enable', id, '--skip-missed'])).stdout).toMatch(/state\s+active/u);
    expect((await text(['replay', id])).exit).toBe(2);
    receiver.arrivals.length = 0;
    expect((await text(['replay', id, '--after', '0'])).stdout).toMatch(/^1 event is on the way again/u);
    await until('the replay', () => texts().includes('first'));

    expect((await text(['delete', id])).stdout).toBe(`${id} is deleted.\n`);
    expect(await text(['test', id])).toMatchObject({ exit: 4 });
    expect((await text(['list'])).stderr).toContain('There are no webhooks yet');
  });

  it('answers in JSON elsewhere, and refuses what is no URL with exit code 2', async () => {
    const made = await json('webhooks', 'create', receiver.url, '--profile', 'messages_dev');
    expect(made).toMatchObject({
      profile: 'messages_dev',
      events: { length: 4 },
      secret: expect.any(String),
    });
    expect((await json('webhooks', 'list')).data).toMatchObject([{ id: made.id }]);
    expect(await json('webhooks', 'delete', made.id ?? '')).toMatchObject({ deleted: true });
    const refused = await typeLine(['webhooks', 'create', 'http://example.com'], bench.environment);
    expect(refused).toMatchObject({ exit: 2 });
    expect(refused.stderr).toContain('webhooks.allow_plain');
  });
});

describe('a webhook whose receiver is gone', () => {
  it('is disabled, with an event and a warning, until it is enabled', async () => {
    const { id = '' } = await json('webhooks', 'create', receiver.url, '--event', 'message.received');
    receiver.behave = answer(410);
    await arrives('to nobody');
    await until('the end of it', () => bench.bridge.health.snapshot().warnings.some(isAboutWebhooks));
    const warning = bench.bridge.health.snapshot().warnings.find(isAboutWebhooks);
    expect(warning).toMatchObject({ code: 'webhook_disabled', text: expect.stringContaining(id) });
    expect(bench.bridge.health.status).toBe('healthy');
    receiver.behave = answer(200);
    receiver.arrivals.length = 0;
    const replay = ['events', 'replay', '--after', '0', '-f', receiver.url, '--event', 'webhook.disabled'];
    await typeLine(replay, { ...bench.environment, BLUELINE_LISTEN_SECRET: SECRET });
    expect(receiver.arrivals.map(({ event }) => event.data)).toEqual([
      { webhook_id: id, reason: 'gone', failing_since: expect.any(Number) },
    ]);
    expect((await text(['enable', id])).stdout).toMatch(/state\s+active/u);
    await json('webhooks', 'delete', id);
  });
});

const isAboutWebhooks = ({ code }: { readonly code: string }) => code.startsWith('webhook_');

describe('blueline listen', () => {
  it('posts what happens, signed, tries again, and prints a line for each try', async () => {
    const abort = new AbortController();
    const environment = { ...bench.environment, BLUELINE_LISTEN_SECRET: SECRET };
    receiver.behave = (response, arrival) => {
      // What came within the last minute comes along, and is taken.
      const isFirst = texts().filter((words) => words === 'to the listener').length === 1;
      answer(isFirst && arrival.event.data['text'] === 'to the listener' ? 503 : 200)(response, arrival);
    };
    const argv = ['listen', '--forward-to', receiver.url, '--event', 'message.received'];
    const listening = typeLine(argv, environment, { isTTY: true, signal: abort.signal });
    await arrives('to the listener');
    await until('the second try', () => texts().filter((words) => words === 'to the listener').length === 2);
    await arrives('and another');
    await until('the other', () => texts().includes('and another'));
    // They go out one after the other: when the third is there, the lines about the others are.
    await arrives('and a third');
    await until('the third', () => texts().includes('and a third'));
    abort.abort();
    const { exit, stdout, stderr } = await listening;
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/ 503 {2}message\.received {2}#\d+ {2}\d+ ms {2}try 1 of 3\n/u);
    expect(stdout).toMatch(/ 200 {2}message\.received {2}#\d+ {2}\d+ ms {2}try 2 of 3\n/u);
    for (const arrival of receiver.arrivals) {
      verify(arrival, SECRET);
      expect(arrival.event['type']).toBe('message.received');
    }
  });

  it('begins at a moment, and leaves out what is of other lines', async () => {
    const environment = { ...bench.environment, BLUELINE_LISTEN_SECRET: SECRET };
    await arrives('before the moment');
    const replay = ['events', 'replay', '--after', '0', '-f', receiver.url];
    while (!texts().includes('before the moment')) {
      await typeLine(replay, environment);
    }
    receiver.arrivals.length = 0;
    const since = String(Date.now() + 1);
    await until('the moment', () => Date.now() > Number(since));
    const abort = new AbortController();
    const argv = ['listen', '-f', receiver.url, '--event', 'message.received', '--since', since];
    const [line] = (await json('lines')).data ?? [];
    const listening = typeLine([...argv, '--line', line?.id ?? ''], environment, { signal: abort.signal });
    await arrives('behind the moment');
    await until('the event', () => texts().includes('behind the moment'));
    abort.abort();
    expect((await listening).exit).toBe(0);
    expect(texts()).toEqual(['behind the moment']);
    // What belongs to no line is of the bridge, and comes for every line.
    await typeLine([...replay, '--line', 'nobody@example.com'], environment);
    const others = receiver.arrivals.slice(1);
    expect(others.map(({ event }) => event['line_id'])).toEqual(others.map(() => null));
    expect(others.map(({ event }) => event['type'])).toContain('bridge.started');
  });

  it('makes a secret of its own where none is given, and takes no bad one', async () => {
    const abort = new AbortController();
    const listening = typeLine(['listen', '-f', receiver.url], bench.environment, { signal: abort.signal });
    await arrives('with a fresh secret');
    await until('the event', () => texts().includes('with a fresh secret'));
    abort.abort();
    const { stderr } = await listening;
    const [, secret = ''] = /Signing with (whsec_\S+)/u.exec(stderr) ?? [];
    receiver.arrivals.forEach((arrival) => verify(arrival, secret));
    const environment = { ...bench.environment, BLUELINE_LISTEN_SECRET: 'hunter2' };
    const refused = await typeLine(['listen', '-f', receiver.url], environment);
    expect(refused).toMatchObject({ exit: 2 });
    expect(refused.stderr).not.toContain('hunter2');
    expect(await typeLine(['listen', '-f', 'nowhere'], bench.environment)).toMatchObject({ exit: 2 });
  });
});

describe('blueline events replay', () => {
  it('sends past events to a URL, or to every active webhook', async () => {
    await arrives('long ago');
    const environment = { ...bench.environment, BLUELINE_LISTEN_SECRET: SECRET };
    const argv = ['events', 'replay', '--after', '0', '-f', receiver.url, '--event', 'message.received'];
    const lastText = async () => {
      receiver.arrivals.length = 0;
      return typeLine(argv, environment);
    };
    let replayed = await lastText();
    while (!texts().includes('long ago')) {
      replayed = await lastText();
    }
    expect(replayed).toMatchObject({ exit: 0, stderr: '' });
    const sequences = receiver.arrivals.map(({ event }) => event.sequence);
    expect(sequences).toEqual(sequences.toSorted((a, b) => a - b));
    const [line] = replayed.stdout.split('\n');
    expect(parseJson(line ?? '')).toMatchObject({
      event_type: 'message.received',
      delivered: true,
      status: 200,
    });

    const { id = '' } = await json('webhooks', 'create', receiver.url, '--event', 'message.received');
    receiver.arrivals.length = 0;
    const count = sequences.length;
    expect(await json('events', 'replay', '--after', '0')).toEqual({
      data: [{ webhook_id: id, replayed: count }],
    });
    await until('all of them', () => receiver.arrivals.length === count);
    await json('webhooks', 'delete', id);
  });
});
