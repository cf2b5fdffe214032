import { connect } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { lineId, SCOPES } from '../contract/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { listOperations, type Operation } from './test-api.ts';
import { ALIAS, createBench, LINE, type Bench } from './test-bench.ts';
import { CANARIES, EXAMPLES, filled, furnish, type Example } from './test-examples.ts';

const operations = await listOperations();
const closed = operations.filter(({ isOpen, scope }) => !isOpen && scope !== null);
const writing = operations.filter(({ method }) => method !== 'GET' && method !== 'HEAD');
const clock = new ManualClock(1_700_000_000_000);
let bench: Bench;
let url = '';
let key = '';
const keys: string[] = [];

beforeAll(async () => {
  bench = createBench({ clock });
  ({ url } = await bench.http.listen());
  key = make({});
});
afterAll(() => bench.close());
beforeEach(() => furnish(bench));

function make(options: Omit<Parameters<Bench['keys']['create']>[0], 'name'>): string {
  const made = bench.keys.create({ name: 'x', ...options });
  keys.push(made.key);
  return made.key;
}

/** As a client would ask, with any path and headers; the status, the error's code, and the whole answer. */
async function ask(operation: Operation, example: Omit<Example, 'status'>, authorization: string | null) {
  const path = operation.path.replaceAll(/\{(\w+)\}/gu, (_, name: string) =>
    encodeURIComponent(example.params?.[name] ?? `no-${name}`),
  );
  const query = new URLSearchParams(example.query).toString();
  const stop = new AbortController();
  const body = typeof example.body === 'string' ? example.body : JSON.stringify(example.body);
  const response = await fetch(`${url}${filled(path, bench)}${query === '' ? '' : `?${query}`}`, {
    method: operation.method,
    redirect: 'manual',
    signal: stop.signal,
    headers: {
      ...(authorization === null ? {} : { authorization }),
      ...(typeof example.body === 'object' ? { 'content-type': 'application/json' } : {}),
      ...example.headers,
    },
    ...(body === undefined ? {} : { body: filled(body, bench) }),
  });
  const isStream = response.headers.get('content-type')?.startsWith('text/event-stream') === true;
  const text = isStream ? '' : await response.text();
  stop.abort();
  return { status: response.status, code: /"code":"(\w+)"/u.exec(text)?.[1], text };
}

const exampleOf = ({ id }: Operation): Example => {
  const { good = [], bad = [] } = EXAMPLES[id] ?? {};
  return good[0] ?? bad[0] ?? { status: 0 };
};

/** Bytes that no client library would send, and what comes back. */
async function raw(bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  socket.on('error', () => undefined);
  socket.end(bytes);
  let answer = '';
  for await (const chunk of socket) {
    answer += String(chunk);
  }
  return answer;
}

describe.each(closed.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  it.each<[string, () => string | null, number, string]>([
    ['no key', () => null, 401, 'missing_api_key'],
    ['a wrong key', () => `Bearer ${key.slice(0, -3)}xyz`, 401, 'invalid_api_key'],
    ['a key cut short', () => `Bearer ${key.slice(0, -1)}`, 401, 'invalid_api_key'],
    ['a key of another kind', () => `Basic ${key}`, 401, 'invalid_api_key'],
    ['two keys', () => `Bearer ${key} ${key}`, 401, 'invalid_api_key'],
    ['a revoked key', () => `Bearer ${revoked()}`, 401, 'invalid_api_key'],
    [
      'a key with every scope but its own',
      () => `Bearer ${make({ scopes: SCOPES.filter((scope) => scope !== operation.scope) })}`,
      403,
      'insufficient_scope',
    ],
  ])('refuses %s', async (_name, authorization, status, code) => {
    expect(await ask(operation, exampleOf(operation), authorization())).toMatchObject({ status, code });
    expect(bench.rooms.accepted).toEqual([]);
  });

  it('shows nothing of a line to a key of another line', async () => {
    const other = `Bearer ${make({ lines: [ALIAS] })}`;
    const { good = [], bad = [] } = EXAMPLES[operation.id] ?? {};
    for (const example of [...good, ...bad]) {
      await furnish(bench);
      const { text } = await ask(operation, example, other);
      for (const secret of [...CANARIES, LINE, lineId(LINE)]) {
        expect(text).not.toContain(secret);
      }
    }
    expect(bench.rooms.accepted).toEqual([]);
    expect(bench.rooms.orders).toEqual([]);
    expect(bench.rooms.lowered).toBeNull();
  });
});

function revoked(): string {
  const made = bench.keys.create({ name: 'gone' });
  keys.push(made.key);
  bench.keys.revoke(made.id);
  return made.key;
}

describe.each(writing.map((operation) => [operation.id, operation] as const))('%s', (_, operation) => {
  const takesFile = operation.id === 'uploadFile';

  it('takes no huge body, and reads none of it without a key', async () => {
    const body = `{"to":"${'x'.repeat(1_200_000)}"}`;
    const example = { ...exampleOf(operation), headers: { 'content-type': 'application/json' }, body };
    expect(await ask(operation, example, null)).toMatchObject({ status: 401 });
    expect(await ask(operation, example, `Bearer ${key}`)).toMatchObject({ status: 413 });
  });

  if (takesFile) {
    return;
  }
  it('takes no other type of body', async () => {
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data', 'x']) {
      const example = { ...exampleOf(operation), headers: { 'content-type': type }, body: '{"to":"x"}' };
      expect((await ask(operation, example, `Bearer ${key}`)).status).toBe(415);
    }
  });

  it('does not wait for a body that does not come', async () => {
    const path = operation.path.replaceAll(/\{\w+\}/gu, 'x');
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname).setEncoding('utf8');
    socket.write(
      `${operation.method} ${path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${key}\r\n` +
        'content-type: application/json\r\ncontent-length: 100\r\n\r\n{"to":',
    );
    let answer = '';
    socket.on('data', (chunk: string) => {
      answer += chunk;
    });
    await vi.waitFor(
      () => {
        clock.advance(5_000);
        expect(answer).toContain('"request_timeout"');
      },
      { timeout: 10_000, interval: 5 },
    );
    expect(answer).toMatch(/^HTTP\/1\.1 408 /u);
    socket.destroy();
  });
});

describe('a path', () => {
  it.each([
    '/v1/../v1/messages',
    '/v1/./messages/../../health/../v1/messages',
    '//v1/messages',
    '/v1//messages',
    '/v1/messages/',
    '/V1/MESSAGES',
    '/v1/messages%2f',
    '/v1/messages%00',
    '/v1/%6dessages',
    '/v1/messages;x=1',
    '/v1/messages%20',
    String.raw`/v1\messages`,
    '/v1/files/..%2f..%2ftraversal',
    '/v1/files/%2e%2e%2f%2e%2e%2ftraversal',
    '/v1/files/..%c0%af..%c0%aftraversal',
    '/v1/files/%252e%252e%252ftraversal',
    '/v1/files/file%00traversal',
    `/v1/files/${'a'.repeat(600)}`,
    '/reference/../blueline.db',
    '/reference/scalar.js/../../../traversal',
    '/openapi.json/..%2ftraversal',
    '*',
    'http://127.0.0.1/v1/messages',
  ])('leads nowhere new: %s', async (path) => {
    const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n`;
    expect(await raw(`${head}\r\n`)).toMatch(/^HTTP\/1\.1 (?:400|401|404|414) /u);
    const withKey = await raw(`${head}authorization: Bearer ${key}\r\n\r\n`);
    expect(withKey).toMatch(/^HTTP\/1\.1 (?:200|400|404|414) /u);
    // What is served is the same list under another spelling of its path.
    expect(withKey.startsWith('HTTP/1.1 200 ')).toBe(withKey.includes('"data":['));
  });
});

describe('a header', () => {
  const get = (...headers: string[]) =>
    raw(`GET /v1/messages HTTP/1.1\r\n${[...headers, 'connection: close'].join('\r\n')}\r\n\r\n`);
  const bearer = () => `authorization: Bearer ${key}`;

  it.each<[string, () => Promise<string>, number]>([
    ['two hosts', () => get('host: localhost', 'host: evil.example', bearer()), 421],
    ['no host', () => get(bearer()), 400],
    ['another host', () => get('host: evil.example', bearer()), 421],
    ['a host with a name in front', () => get('host: evil.example@localhost', bearer()), 421],
    ['a folded header', () => get('host: localhost', 'authorization:', ' Bearer x'), 400],
    ['a header with a space in its name', () => get('host: localhost', 'authorization : x'), 400],
    ['a wrong key and a right one', () => get('host: localhost', 'authorization: Bearer x', bearer()), 401],
    ['a proxy that says who it is', () => get('host: localhost', 'x-forwarded-for: 127.0.0.1'), 401],
    ['a key in another header', () => get('host: localhost', `x-api-key: ${key}`), 401],
    ['a key in a cookie', () => get('host: localhost', `cookie: key=${key}`), 401],
    ['headers without end', () => get('host: localhost', `x: ${'a'.repeat(20_000)}`), 431],
    ['a NUL', () => get('host: localhost', 'x: a\0b'), 400],
  ])('is no way in: %s', async (_name, answer, status) => {
    expect(await answer()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `, 'u'));
  });

  it.each([
    ['two lengths', 'content-length: 5\r\ncontent-length: 6'],
    ['a length and chunks', 'content-length: 5\r\ntransfer-encoding: chunked'],
    ['chunks that are none', 'transfer-encoding: chunked, identity'],
    ['a length that is none', 'content-length: +5'],
  ])('hides no second request: %s', async (_name, headers) => {
    const answer = await raw(
      `POST /v1/messages HTTP/1.1\r\nhost: localhost\r\n${bearer()}\r\ncontent-type: application/json\r\n${headers}\r\n\r\n` +
        `0\r\n\r\nGET /v1/lines HTTP/1.1\r\nhost: localhost\r\n${bearer()}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
    expect(answer).not.toContain('"data"');
    expect(bench.rooms.accepted).toEqual([]);
  });

  it('changes no method', async () => {
    const answer = await get('host: localhost', bearer(), 'x-http-method-override: DELETE');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /u);
    for (const method of ['TRACE', 'PUT', 'CONNECT']) {
      expect(
        await raw(
          `${method} /v1/messages HTTP/1.1\r\nhost: localhost\r\n${bearer()}\r\nconnection: close\r\n\r\n`,
        ),
      ).toMatch(/^(?:HTTP\/1\.1 (?:400|404|405) |$)/u);
    }
  });

  it('gets nothing read by a page of another site', async () => {
    const answer = await get('host: localhost', bearer(), 'origin: https://evil.example');
    expect(answer).not.toMatch(/access-control-allow/iu);
  });
});

describe('the socket', () => {
  const open = (path: string, headers: Readonly<Record<string, string>> = {}, protocols: string[] = []) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}${path}`, protocols, { headers });
    return new Promise<string>((resolve) => {
      const end = (word: string) => {
        resolve(word);
        socket.terminate();
      };
      socket.on('unexpected-response', (_request, response) => end(`refused ${response.statusCode}`));
      socket.on('close', (code) => end(`closed ${code}`));
      socket.on('message', () => end('attached'));
      socket.on('open', () => socket.send('{"type":"auth","key":"blk_0"}'));
      socket.on('error', () => end('error'));
    });
  };
  const bearer = (made: string) => ({ authorization: `Bearer ${made}` });

  it.each<[string, () => Promise<string>, string]>([
    ['no key', () => open('/v1/events/stream'), 'closed 4401'],
    ['a wrong key', () => open('/v1/events/stream', bearer('blk_0')), 'refused 401'],
    ['a revoked key', () => open('/v1/events/stream', bearer(revoked())), 'refused 401'],
    [
      'a wrong scope',
      () => open('/v1/events/stream', bearer(make({ scopes: ['lines:read'] }))),
      'refused 403',
    ],
    [
      'a wrong line',
      () => open(`/v1/events/stream?lines=${lineId(LINE)}`, bearer(make({ lines: [ALIAS] }))),
      'refused 403',
    ],
    ['a key as a subprotocol', () => open('/v1/events/stream', {}, [key]), 'closed 4401'],
    ['a key in the URL', () => open(`/v1/events/stream?key=${key}`), 'refused 400'],
    ['another path', () => open('/v1/events/stream/../stream%2f', bearer(key)), 'refused 404'],
    ['an encoded path', () => open('/v1/events/%73tream', bearer(key)), 'refused 404'],
    ['a REST route', () => open('/v1/messages', bearer(key)), 'refused 404'],
    [
      'another origin',
      () => open('/v1/events/stream', { ...bearer(key), origin: 'http://evil' }),
      'refused 403',
    ],
    [
      'another host',
      () => open('/v1/events/stream', { ...bearer(key), host: 'evil.example' }),
      'refused 421',
    ],
  ])('lets nobody in with %s', async (_name, attempt, end) => {
    expect(await attempt()).toBe(end);
    expect(bench.rooms.attached).toEqual([]);
  });
});

describe('the log of all that was tried above', () => {
  it('holds routes, codes and ids, and nothing else', () => {
    const logged = bench.logLines.join('');
    expect(bench.logLines.length).toBeGreaterThan(200);
    for (const secret of [...keys.map((one) => one.slice(-43)), ...CANARIES, LINE, ALIAS, 'traversal']) {
      expect(logged).not.toContain(secret);
      expect(logged).not.toContain(encodeURIComponent(secret));
    }
  });
});
