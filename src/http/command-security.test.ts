import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { COMMAND_NAMES, lineId, SCOPES, type CommandName, type Scope } from '../contract/index.ts';
import { createJournal, createStreamServer, createSubscribers } from '../events/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { streamPort } from './journal-port.ts';
import { ALIAS, createBench, LINE, type Bench } from './test-bench.ts';
import { CANARIES, furnish } from './test-examples.ts';

/** What each asks for, and what its key must have. Whoever adds a command adds it here. */
const COMMANDS: Readonly<Record<CommandName, { readonly body: object; readonly scope: Scope }>> = {
  'message.send': { body: { to: CANARIES[1], text: CANARIES[0] }, scope: 'messages:write' },
  'outbox.cancel': { body: { id: 'obx_queued' }, scope: 'messages:write' },
  'line.pause': { body: { reason: CANARIES[0] }, scope: 'lines:write' },
  'line.resume': { body: {}, scope: 'lines:write' },
  'limits.lower': { body: { rules: { reach_out_limit: { limit: 20 } } }, scope: 'lines:write' },
};

const clock = new ManualClock(1_700_000_000_000);
const keys: string[] = [];
const sockets: WebSocket[] = [];
let bench: Bench;
let url = '';
let ids = 0;

beforeAll(async () => {
  bench = createBench({
    clock,
    // The real one: frames come in as a client sends them.
    stream: ({ store, log }) =>
      streamPort(
        createStreamServer({
          journal: createJournal({ store, clock, bridgeId: 'mini-1', epoch: 'e' }),
          subscribers: createSubscribers(store, clock),
          clock,
          log,
          bridgeId: 'mini-1',
          healthStatus: () => 'healthy',
        }),
      ),
  });
  ({ url } = await bench.http.listen());
});
afterAll(() => bench.close());
beforeEach(async () => {
  await furnish(bench);
  bench.rooms.lowered = null;
  bench.rooms.accepted.length = 0;
  bench.rooms.orders.length = 0;
});
afterEach(() => {
  for (const socket of sockets.splice(0)) {
    socket.terminate();
  }
});

function make(options: Omit<Parameters<Bench['keys']['create']>[0], 'name'> = {}) {
  const made = bench.keys.create({ name: 'x', ...options });
  keys.push(made.key);
  return made;
}

/** @param key `null` sends none */
async function open(key: string | null) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/events/stream`, {
    headers: key === null ? {} : { authorization: `Bearer ${key}` },
  });
  sockets.push(socket);
  socket.on('error', () => undefined);
  const frames: Readonly<Record<string, unknown>>[] = [];
  const texts: string[] = [];
  socket.on('message', (data: Buffer) => {
    texts.push(data.toString('utf8'));
    frames.push(JSON.parse(data.toString('utf8')));
  });
  const closed = new Promise<number>((resolve) => {
    socket.on('close', (code) => resolve(code));
  });
  await new Promise((resolve) => socket.on('open', resolve));
  const results = () => frames.filter(({ type }) => type === 'command_result');
  return {
    closed,
    texts,
    send: (frame: string | object) => socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame)),
    result: async () => {
      await vi.waitFor(() => expect(results()).toHaveLength(1), { timeout: 5_000, interval: 5 });
      return results()[0];
    },
  };
}

function frameOf(command: string, body: unknown) {
  ids += 1;
  return { type: 'command', command_id: `c-${ids}`, command, body };
}

function expectNothingDone(): void {
  const { rooms } = bench;
  expect([rooms.accepted, rooms.orders, rooms.lowered]).toEqual([[], [], null]);
  expect(rooms.commands.map(({ state }) => state.name)).toEqual(['queued', 'unknown']);
}

const exampleOf = (command: CommandName) => frameOf(command, COMMANDS[command].body);
const rejected = (code: string) => ({ result: 'rejected', error: { code } });

describe.each(COMMAND_NAMES)('the command %s', (command) => {
  const { scope } = COMMANDS[command];
  const without = (missing: Scope) => SCOPES.filter((one) => one !== missing);

  it('is carried out for whoever may give it', async () => {
    const client = await open(make({ scopes: ['events:read', scope] }).key);
    client.send(exampleOf(command));
    expect(await client.result()).toMatchObject({ result: 'accepted' });
  });

  it.each<[string, () => string]>([
    ['no key', () => JSON.stringify(exampleOf(command))],
    ['a wrong key', () => '{"type":"auth","key":"blk_0"}'],
    ['a revoked key', () => JSON.stringify({ type: 'auth', key: revoked() })],
    ['a key in the frame', () => JSON.stringify({ ...exampleOf(command), key: make().key })],
  ])('is not heard from a socket with %s', async (_name, first) => {
    const client = await open(null);
    client.send(first());
    client.send(exampleOf(command));
    expect(await client.closed).toBe(4401);
    expect(client.texts).toEqual([]);
    expectNothingDone();
  });

  it('is rejected from the moment in which its key is revoked', async () => {
    const { key, id } = make();
    const client = await open(key);
    bench.keys.revoke(id);
    client.send(exampleOf(command));
    expect(await client.result()).toMatchObject(rejected('invalid_api_key'));
    expectNothingDone();
  });

  it('is rejected for a key with every scope but its own', async () => {
    const client = await open(make({ scopes: without(scope) }).key);
    client.send(exampleOf(command));
    expect(await client.result()).toMatchObject(rejected('insufficient_scope'));
    expectNothingDone();
  });

  it('is rejected for a key of another line, and shows nothing of this one', async () => {
    const client = await open(make({ lines: [ALIAS] }).key);
    client.send(exampleOf(command));
    expect(await client.result()).toMatchObject(
      // What its key may not see is as if it were not there.
      rejected(command === 'outbox.cancel' ? 'outbox_item_not_found' : 'line_not_accessible'),
    );
    expectNothingDone();
    for (const secret of [...CANARIES, LINE, lineId(LINE)]) {
      expect(client.texts.join('')).not.toContain(secret);
    }
  });

  it.each<[string, (frame: object) => string, number]>([
    ['is huge', (frame) => JSON.stringify({ ...frame, body: { text: 'x'.repeat(1_100_000) } }), 1009],
    ['is no JSON', (frame) => JSON.stringify(frame).slice(0, -1), 4400],
    ['is a list', (frame) => JSON.stringify([frame]), 4400],
    ['has no id', (frame) => JSON.stringify({ ...frame, command_id: undefined }), 4400],
    ['has an id without end', (frame) => JSON.stringify({ ...frame, command_id: 'x'.repeat(10_000) }), 4400],
    ['has an id that is none', (frame) => JSON.stringify({ ...frame, command_id: { a: 1 } }), 4400],
    ['has a name that is none', (frame) => JSON.stringify({ ...frame, command: ['line.pause'] }), 4400],
    ['has a deadline that is none', (frame) => JSON.stringify({ ...frame, expires_at: '1' }), 4400],
  ])('ends the connection where its frame %s', async (_name, bytes, code) => {
    const client = await open(make().key);
    client.send(bytes(exampleOf(command)));
    expect(await client.closed).toBe(code);
    expectNothingDone();
  });

  it.each([
    ['a list', '[]'],
    ['a text', '"x"'],
    ['a number', '1'],
    ['fields that mean nothing', '{"no_such_field":1}'],
    ['a prototype', '{"__proto__":{"id":"obx_queued","to":"+15550001111","text":"x"}}'],
    ['a constructor', '{"constructor":{"prototype":{}}}'],
  ])('is rejected where its body is %s', async (_name, body) => {
    const client = await open(make().key);
    const { command_id: id } = exampleOf(command);
    client.send(`{"type":"command","command_id":"${id}","command":"${command}","body":${body}}`);
    expect(await client.result()).toMatchObject({
      result: 'rejected',
      error: { type: 'invalid_request_error' },
    });
    expectNothingDone();
  });
});

function revoked(): string {
  const { key, id } = make();
  bench.keys.revoke(id);
  return key;
}

describe('a command that there is not', () => {
  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'MESSAGE.SEND',
    ' message.send',
    'message.send\u0000',
    'limits.raise',
    'limits.restore',
    'keys.create',
    '../v1/keys',
  ])('is rejected: %s', async (name) => {
    const client = await open(make().key);
    client.send(frameOf(name, {}));
    expect(await client.result()).toMatchObject(rejected('unknown_command'));
    expectNothingDone();
  });
});

describe('the log of all that was tried above', () => {
  it('holds commands, codes and ids, and nothing else', () => {
    const logged = bench.logLines.join('');
    expect(bench.logLines.length).toBeGreaterThan(100);
    for (const secret of [...keys.map((key) => key.slice(-43)), ...CANARIES, LINE, ALIAS, 'limits.raise']) {
      expect(logged).not.toContain(secret);
    }
  });
});
