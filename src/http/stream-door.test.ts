import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { lineId } from '../contract/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { ALIAS, createBench, LINE, type Bench } from './test-bench.ts';

const benches: Bench[] = [];
const sockets: WebSocket[] = [];

afterEach(async () => {
  for (const socket of sockets.splice(0)) {
    socket.terminate();
  }
  await Promise.all(benches.splice(0).map((made) => made.close()));
});

async function start() {
  const clock = new ManualClock(1_700_000_000_000);
  const bench = createBench({ clock });
  benches.push(bench);
  const { url } = await bench.http.listen();
  const open = (query = '', headers: Readonly<Record<string, string>> = {}, path = '/v1/events/stream') => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}${query}`, { headers });
    sockets.push(socket);
    // Whatever the test awaits, a refused socket also says so by an error.
    socket.on('error', () => {});
    const messages: string[] = [];
    socket.on('message', (data) => messages.push(Buffer.isBuffer(data) ? data.toString() : ''));
    const closed = new Promise<string>((resolve) => {
      socket.on('close', (code, reason) => resolve(`${code} ${reason.toString()}`));
    });
    const refused = new Promise<{ status: number | undefined; body: string }>((resolve, reject) => {
      socket.on('unexpected-response', (_request, response) => {
        response
          .setEncoding('utf8')
          .toArray()
          .then((parts) => resolve({ status: response.statusCode, body: parts.join('') }), reject);
      });
      socket.on('open', () => reject(new Error('it was let in')));
    });
    refused.catch(() => {});
    return { socket, messages, closed, refused };
  };
  const bearer = (key: string) => ({ authorization: `Bearer ${key}` });
  const opened = async (client: ReturnType<typeof open>) => {
    await once(client.socket, 'open');
    return client;
  };
  return { ...bench, clock, url, open, opened, bearer };
}

const attachedTo = (bench: Pick<Bench, 'rooms'>, count = 1) =>
  vi.waitFor(() => expect(bench.rooms.attached).toHaveLength(count), { timeout: 5_000, interval: 5 });

/** The stream has the socket, and the client knows. */
const greeted = (...clients: readonly { readonly messages: readonly string[] }[]) =>
  vi.waitFor(
    () => {
      for (const { messages } of clients) {
        expect(messages[0]).toBe('attached');
      }
    },
    { timeout: 5_000, interval: 5 },
  );

describe('the stream door', () => {
  it('lets a bearer header in and hands over what was asked for', async () => {
    const bench = await start();
    const { key, id } = bench.keys.create({ name: 'x' });
    const query = `?after=7&epoch=e&types=message.received,message.sent&lines=${encodeURIComponent(LINE)}&subscriber=crm`;
    const client = bench.open(query, bench.bearer(key));
    await attachedTo(bench);
    expect(bench.rooms.attached[0]?.request).toEqual({
      after: 7,
      epoch: 'e',
      types: ['message.received', 'message.sent'],
      lines: [lineId(LINE)],
      subscriber: 'crm',
      keyId: id,
      execute: expect.any(Function),
    });
    await vi.waitFor(() => expect(client.messages).toEqual(['attached']));
  });

  it('turns a client away for now whose key cannot be looked up', async () => {
    const bench = await start();
    const { key } = bench.keys.create({ name: 'a' });
    const client = await bench.opened(bench.open());
    bench.store.db.exec('ALTER TABLE api_keys RENAME TO elsewhere');
    client.socket.send(JSON.stringify({ type: 'auth', key }));
    expect(await client.closed).toBe('1013 store_unavailable');
    bench.store.db.exec('ALTER TABLE elsewhere RENAME TO api_keys');
  });

  it('takes the key as the first frame, and loses no frame that follows at once', async () => {
    const bench = await start();
    const { key } = bench.keys.create({ name: 'x', lines: [ALIAS] });
    const client = await bench.opened(bench.open());
    client.socket.send(JSON.stringify({ type: 'auth', key }));
    client.socket.send('{"type":"ack","sequence":3}');
    await vi.waitFor(() => expect(client.messages).toEqual(['attached', 'echo {"type":"ack","sequence":3}']));
    expect(bench.rooms.attached[0]?.request).toMatchObject({
      after: null,
      epoch: null,
      lines: [lineId(ALIAS)],
    });
  });

  it.each([
    ['another frame', '{"type":"ack","sequence":1}'],
    ['no JSON', 'auth blk_1'],
    ['a wrong key', '{"type":"auth","key":"blk_wrong"}'],
    ['bytes', Buffer.from('{"type":"auth"}')],
  ])('closes with 4401 on %s', async (_name, frame) => {
    const bench = await start();
    const client = await bench.opened(bench.open());
    client.socket.send(frame);
    expect(await client.closed).toMatch(/^4401 /u);
    expect(bench.rooms.attached).toEqual([]);
  });

  it('closes with 4401 when no key comes within five seconds', async () => {
    const bench = await start();
    const client = await bench.opened(bench.open());
    await vi.waitFor(() => {
      bench.clock.advance(1_000);
      expect(client.socket.readyState).not.toBe(WebSocket.OPEN);
    });
    expect(await client.closed).toBe('4401 auth_timeout');
  });

  it('closes with 4403 where a first-frame key lacks the scope or the line', async () => {
    const bench = await start();
    const { key: narrow } = bench.keys.create({ name: 'x', scopes: ['messages:read'] });
    const first = await bench.opened(bench.open());
    first.socket.send(JSON.stringify({ type: 'auth', key: narrow }));
    expect(await first.closed).toBe('4403 insufficient_scope');
    const { key: other } = bench.keys.create({ name: 'x', lines: [ALIAS] });
    const second = await bench.opened(bench.open(`?lines=${lineId(LINE)}`));
    second.socket.send(JSON.stringify({ type: 'auth', key: other }));
    expect(await second.closed).toBe('4403 line_not_accessible');
  });

  it.each([
    ['a wrong key', '', { authorization: 'Bearer wrong' }, 401, 'invalid_api_key'],
    ['a token in the URL', '?token=x', {}, 400, 'invalid_parameter_value'],
    ['a key in the URL', '?key=x', {}, 400, 'invalid_parameter_value'],
    ['a sequence that is none', '?after=x', {}, 400, 'invalid_parameter_value'],
    ['a parameter given twice', '?after=1&after=2', {}, 400, 'invalid_parameter_value'],
    ['a type that does not exist', '?types=message.eaten', {}, 400, 'invalid_parameter_value'],
    ['typing', '?types=typing.started', {}, 400, 'capability_unavailable'],
    ['a line that is none', '?lines=here', {}, 400, 'invalid_parameter_value'],
    ['a page of another site', '', { origin: 'https://evil.example' }, 403, 'origin_not_allowed'],
    ['a page without an origin', '', { origin: 'null' }, 403, 'origin_not_allowed'],
    ['another host name', '', { host: 'evil.example' }, 421, 'host_not_allowed'],
  ])('refuses %s before the upgrade', async (_name, query, headers, status, code) => {
    const bench = await start();
    const answer = await bench.open(query, headers).refused;
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([status, code]);
  });

  it('refuses a narrow key, a foreign line, and other paths before the upgrade', async () => {
    const bench = await start();
    const scopeless = bench.keys.create({ name: 'x', scopes: ['messages:read'] });
    expect((await bench.open('', bench.bearer(scopeless.key)).refused).status).toBe(403);
    const limited = bench.keys.create({ name: 'x', lines: [ALIAS] });
    expect((await bench.open(`?lines=${lineId(LINE)}`, bench.bearer(limited.key)).refused).status).toBe(403);
    expect((await bench.open('', {}, '/v1/events').refused).status).toBe(404);
    expect((await bench.open('', {}, '/v1/events/stream/').refused).status).toBe(404);
  });

  it('lets a page of its own host in', async () => {
    const bench = await start();
    const { key } = bench.keys.create({ name: 'x' });
    const client = bench.open('', { ...bench.bearer(key), origin: bench.url });
    await vi.waitFor(() => expect(client.messages).toEqual(['attached']));
  });

  it('closes the sockets of a revoked key, and no others, within a second', async () => {
    const bench = await start();
    const gone = bench.keys.create({ name: 'gone' });
    const stays = bench.keys.create({ name: 'stays' });
    const first = bench.open('', bench.bearer(gone.key));
    const second = bench.open('', bench.bearer(stays.key));
    await greeted(first, second);
    bench.clock.advance(1_000);
    expect(first.socket.readyState).toBe(WebSocket.OPEN);
    bench.keys.revoke(gone.id);
    bench.clock.advance(1_000);
    expect(await first.closed).toBe('4401 key_revoked');
    expect(second.socket.readyState).toBe(WebSocket.OPEN);
  });

  it.each([
    ['its scope', 'UPDATE api_keys SET scopes = \'["lines:read"]\''],
    ['its lines', 'UPDATE api_keys SET lines = \'["ln_other"]\''],
  ])('closes the sockets of a key that lost %s', async (_name, sql) => {
    const bench = await start();
    const { key } = bench.keys.create({ name: 'x' });
    const client = bench.open('', bench.bearer(key));
    await greeted(client);
    bench.store.db.exec(sql);
    bench.clock.advance(1_000);
    expect(await client.closed).toBe('4403 key_narrowed');
  });

  it('cuts a frame that is too long, and lives on', async () => {
    const bench = await start();
    const { key } = bench.keys.create({ name: 'x' });
    const client = bench.open('', bench.bearer(key));
    await greeted(client);
    client.socket.send('x'.repeat(1_048_577));
    expect(await client.closed).toMatch(/^1009 /u);
    expect((await fetch(`${bench.url}/livez`)).status).toBe(200);
  });

  it('carries out commands by what the key may do at that moment', async () => {
    const bench = await start();
    const { key, id } = bench.keys.create({ name: 'x' });
    bench.open('', bench.bearer(key));
    await attachedTo(bench);
    const execute = bench.rooms.attached[0]?.request.execute;
    const frame = { type: 'command', command: 'line.pause', body: {} } as const;
    expect(await execute?.({ ...frame, command_id: '1' })).toMatchObject({ result: 'accepted' });
    bench.keys.revoke(id);
    expect(await execute?.({ ...frame, command_id: '2' })).toMatchObject({
      result: 'rejected',
      error: { code: 'invalid_api_key' },
    });
    expect(bench.rooms.orders).toHaveLength(1);
  });

  it('turns away whoever comes when too many wait for their key', async () => {
    const bench = await start();
    const waiting = Array.from({ length: 64 }, () => bench.open());
    await Promise.all(waiting.map((client) => bench.opened(client)));
    expect((await bench.open().refused).status).toBe(503);
    const { key } = bench.keys.create({ name: 'x' });
    bench.open('', bench.bearer(key));
    await attachedTo(bench);
  });

  it('says goodbye at the stop, to those that wait too', async () => {
    const bench = await start();
    const { key } = bench.keys.create({ name: 'x' });
    const attached = bench.open('', bench.bearer(key));
    const waiting = await bench.opened(bench.open());
    await greeted(attached);
    await bench.http.close();
    expect(await attached.closed).toBe('1001 bridge_stopping');
    expect(await waiting.closed).toBe('1001 bridge_stopping');
  });

  it('cuts a peer that does not answer the goodbye', async () => {
    const bench = await start();
    const { key } = bench.keys.create({ name: 'x' });
    const client = bench.open('', bench.bearer(key));
    await greeted(client);
    client.socket.pause();
    const closing = bench.http.close();
    bench.clock.advance(1_000);
    await closing;
    expect(bench.rooms.attached[0]?.socket.readyState).toBe(WebSocket.CLOSED);
  });

  it('logs neither key nor query', async () => {
    const bench = await start();
    const { key, id } = bench.keys.create({ name: 'x' });
    bench.open(`?lines=${encodeURIComponent(LINE)}`, bench.bearer(key));
    await attachedTo(bench);
    const logged = bench.logLines.join('');
    expect(logged).toContain(id);
    expect(logged).not.toContain(LINE);
    expect(logged).not.toContain(key.slice(-43));
  });
});
