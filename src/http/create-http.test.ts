import { once } from 'node:events';
import { connect } from 'node:net';
import type { RouteOptions } from 'fastify';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { healthSchema } from '../contract/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { createBench, CONTACT, type Bench } from './test-bench.ts';

const benches: Bench[] = [];
function bench(options?: Parameters<typeof createBench>[0]): Bench {
  const made = createBench(options);
  benches.push(made);
  return made;
}
afterEach(async () => {
  await Promise.all(benches.splice(0).map((made) => made.close()));
});

/** What a server says to bytes that fetch would never send. */
async function raw(url: string, bytes: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(bytes);
  let answer = '';
  for await (const chunk of socket.setEncoding('utf8')) {
    answer += String(chunk);
  }
  return answer;
}

describe('who may come in', () => {
  const keyRoutes = [
    '/v1/messages',
    '/v1/messages/x',
    '/v1/reactions?message_id=x',
    '/v1/files?id=x',
    '/v1/files/x',
    '/v1/chats',
    '/v1/chats/x',
    '/v1/lines',
    '/v1/outbox',
    '/v1/outbox/x',
    '/v1/events',
    '/v1/events/stream',
    '/v1/webhooks',
    '/v1/webhooks/x',
    '/v1/webhooks/x/deliveries',
    '/v1/webhooks/x/deliveries/y',
  ];

  it.each(keyRoutes)('asks for a key at %s', async (url) => {
    const { http, keys } = bench();
    const none = await http.app.inject({ url });
    expect([none.statusCode, none.json().error]).toMatchObject([
      401,
      { type: 'authentication_error', code: 'missing_api_key' },
    ]);
    expect(none.headers['www-authenticate']).toBe('Bearer');
    for (const authorization of ['Bearer wrong', 'Basic x', 'Bearer', '']) {
      const wrong = await http.app.inject({ url, headers: { authorization } });
      expect([wrong.statusCode, wrong.json().error.code]).toEqual([401, 'invalid_api_key']);
    }
    const { key } = keys.create({ name: 'x', scopes: ['health:read'] });
    const narrow = await http.app.inject({ url, headers: { authorization: `Bearer ${key}` } });
    expect([narrow.statusCode, narrow.json().error.code]).toEqual([403, 'insufficient_scope']);
  });

  it('turns a revoked key away at once', async () => {
    const { http, keys } = bench();
    const { key, id } = keys.create({ name: 'x' });
    const lines = () => http.app.inject({ url: '/v1/lines', headers: { authorization: `bearer  ${key}` } });
    expect((await lines()).statusCode).toBe(200);
    keys.revoke(id);
    expect((await lines()).statusCode).toBe(401);
  });

  it('looks at the key before it reads the body', async () => {
    const { http } = bench();
    const answer = await http.app.inject({ method: 'POST', url: '/v1/messages', payload: '{"to":' });
    expect(answer.json().error.code).toBe('missing_api_key');
  });

  it.each(['127.0.0.1:5463', 'localhost', '[::1]:80', 'LOCALHOST:1', 'mini.example'])(
    'answers under the name %s',
    async (host) => {
      const { http } = bench({ config: { hostNames: ['Mini.example'] } });
      expect((await http.app.inject({ url: '/livez', headers: { host } })).statusCode).toBe(200);
    },
  );

  it.each(['evil.example', '127.0.0.1.evil.example', 'localhost.evil.example:5463', '192.168.0.9'])(
    'does not answer under the name %s',
    async (host) => {
      const { http } = bench();
      for (const url of ['/livez', '/health', '/v1/lines', '/nothing']) {
        const answer = await http.app.inject({ url, headers: { host } });
        expect([answer.statusCode, answer.json().error.code]).toEqual([421, 'host_not_allowed']);
      }
    },
  );

  it('says nothing about what is not there, with or without a key', async () => {
    const { http, keys } = bench();
    const { key } = keys.create({ name: 'x' });
    for (const headers of [{}, { authorization: `Bearer ${key}` }, { authorization: 'Bearer wrong' }]) {
      for (const method of ['GET', 'DELETE', 'POST'] as const) {
        const answer = await http.app.inject({ method, url: '/v1/nothing/here?x=1', headers });
        expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'not_found']);
      }
    }
  });

  it.each(['/%', '/v1/outbox/%zz', '/v1/../v1/nothing'])('survives the path %s', async (url) => {
    const { http } = bench();
    const answer = await http.app.inject({ url });
    expect(answer.statusCode).toBeGreaterThanOrEqual(400);
    expect(answer.statusCode).toBeLessThan(500);
    expect(answer.json().request_id).toMatch(/^req_/u);
  });
});

describe('GET /health', () => {
  it('needs no key on this machine, and tells more with one', async () => {
    const { http, keys } = bench();
    const plain = await http.app.inject({ url: '/health' });
    expect(plain.statusCode).toBe(200);
    expect(healthSchema.parse(plain.json())).toEqual(plain.json());
    expect(plain.json()).not.toHaveProperty('capture');
    const { key } = keys.create({ name: 'x', lines: ['ln_aaaaaaaaaaaaaaaaaaaaaaaa'] });
    const more = await http.app.inject({ url: '/health', headers: { authorization: `Bearer ${key}` } });
    expect(more.json()).toMatchObject({
      bridgeId: 'mini-1',
      capture: { lag_ms: 0 },
      last_sequence: 0,
      lines: [],
    });
  });

  it('answers 503 with the same body when the bridge is not well', async () => {
    const { http, rooms } = bench();
    rooms.isHealthy = false;
    const answer = await http.app.inject({ url: '/health' });
    expect([answer.statusCode, answer.json().status]).toEqual([503, 'unhealthy']);
    expect(healthSchema.safeParse(answer.json()).success).toBe(true);
  });

  it.each([{ 'x-forwarded-for': '10.0.0.1' }, { forwarded: 'for=10.0.0.1' }, { 'x-real-ip': '10.0.0.1' }])(
    'asks for a key behind a proxy: %j',
    async (headers) => {
      const { http, keys } = bench();
      for (const url of ['/health', '/openapi.json']) {
        expect((await http.app.inject({ url, headers })).statusCode).toBe(401);
        const { key } = keys.create({ name: 'x', scopes: ['health:read'] });
        const withKey = { ...headers, authorization: `Bearer ${key}` };
        expect((await http.app.inject({ url, headers: withKey })).statusCode).toBe(200);
      }
      expect((await http.app.inject({ url: '/livez', headers })).json()).toEqual({ status: 'alive' });
    },
  );

  it('asks for a key from another machine, and under another name', async () => {
    const { http } = bench({ config: { host: '0.0.0.0', allowPlain: true } });
    const far = await http.app.inject({ url: '/health', remoteAddress: '192.168.0.7' });
    expect(far.statusCode).toBe(401);
    const renamed = await http.app.inject({ url: '/health', headers: { host: 'evil.example' } });
    expect(renamed.statusCode).toBe(401);
    expect((await http.app.inject({ url: '/health' })).statusCode).toBe(200);
  });

  it('refuses a wrong key even where none is needed', async () => {
    const { http } = bench();
    const answer = await http.app.inject({ url: '/health', headers: { authorization: 'Bearer wrong' } });
    expect(answer.statusCode).toBe(401);
  });
});

describe('what the server says of itself', () => {
  it('has an auth rule and response schemas on every route', async () => {
    const { http } = bench();
    const routes: RouteOptions[] = [];
    http.app.addHook('onRoute', (route) => void routes.push(route));
    await http.app.ready();
    expect(routes.length).toBeGreaterThanOrEqual(11);
    for (const route of routes) {
      expect(route.config?.auth, route.url).toBeDefined();
      const statuses = Object.keys(Object(route.schema?.response));
      expect(statuses, route.url).not.toEqual([]);
      const refusals = route.config?.auth?.need === 'nothing' ? [] : ['400', '401', '403', '500'];
      expect(statuses, route.url).toEqual(expect.arrayContaining(refusals));
    }
  });

  it('does not start with a route that lacks them', () => {
    const { http } = bench();
    expect(() => http.app.get('/bare', () => 'x')).toThrow(
      expect.objectContaining({ code: 'http_route_undeclared' }),
    );
  });

  it('is an OpenAPI 3.1 document whose references all lead somewhere', async () => {
    const { http } = bench();
    const answer = await http.app.inject({ url: '/openapi.json' });
    expect(answer.statusCode).toBe(200);
    const document = z
      .object({
        openapi: z.literal('3.1.0'),
        paths: z.record(z.string(), z.record(z.string(), z.looseObject({ responses: z.object({}).loose() }))),
        components: z.object({ schemas: z.record(z.string(), z.unknown()) }),
      })
      .parse(answer.json());
    expect(Object.keys(document.paths['/v1/messages'] ?? {}).sort()).toEqual(['get', 'post']);
    const references = [...answer.body.matchAll(/"#\/components\/schemas\/(\w+)"/gu)].map(
      (match) => match[1],
    );
    expect(references.length).toBeGreaterThan(10);
    for (const name of references) {
      expect(document.components.schemas).toHaveProperty([name ?? '']);
    }
    const again = await http.app.inject({ url: '/openapi.json' });
    expect(again.body).toBe(answer.body);
  });
});

describe('the access log', () => {
  it('holds the route pattern, never the URL, the key or a handle', async () => {
    const { http, keys, logLines } = bench();
    const { key, id } = keys.create({ name: 'x' });
    const headers = { authorization: `Bearer ${key}` };
    await http.app.inject({ url: `/v1/messages?to=${encodeURIComponent(CONTACT)}`, headers });
    await http.app.inject({ url: '/v1/outbox/obx_secretid', headers });
    await http.app.inject({ url: `/somewhere/${CONTACT}`, headers });
    const logged = logLines.join('');
    expect(logLines).toHaveLength(3);
    expect(logged).toContain('"/v1/outbox/:id"');
    expect(logged).toContain(id);
    for (const secret of [CONTACT, encodeURIComponent(CONTACT), 'secretid', 'somewhere', key.slice(-43)]) {
      expect(logged).not.toContain(secret);
    }
  });
});

describe('listening', () => {
  it('serves, and ends with nothing left open', async () => {
    const { http } = bench();
    const { url } = await http.listen();
    const answer = await fetch(`${url}/livez`);
    expect([answer.status, await answer.json()]).toEqual([200, { status: 'alive' }]);
    await http.close();
    await http.close();
    await expect(fetch(`${url}/livez`)).rejects.toThrow('fetch failed');
  });

  it('refuses an address that others reach', async () => {
    await expect(bench({ config: { host: '0.0.0.0' } }).http.listen()).rejects.toMatchObject({
      code: 'http_bind_refused',
    });
  });

  it('says whose port it is when it is taken', async () => {
    const first = await bench().http.listen();
    const port = Number(new URL(first.url).port);
    await expect(bench({ config: { port } }).http.listen()).rejects.toMatchObject({
      code: 'http_port_in_use',
      advice: expect.stringContaining('http.port'),
    });
  });

  it('answers what is no HTTP in its own words', async () => {
    const { url } = await bench().http.listen();
    const answer = await raw(url, 'NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /u);
    expect(answer).toContain('"malformed_request"');
    const long = await raw(url, `GET /livez HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(20_000)}\r\n\r\n`);
    expect(long).toMatch(/^HTTP\/1\.1 431 /u);
    expect(long).toContain('"headers_too_large"');
  });

  it('serves a request that offers another protocol', async () => {
    const { url } = await bench().http.listen();
    const answer = await raw(
      url,
      'GET /livez HTTP/1.1\r\nhost: localhost\r\nconnection: Upgrade, close\r\nupgrade: h2c\r\n\r\n',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 200 /u);
  });

  it('lets a request that is being served end before it closes', async () => {
    const { http, keys, rooms } = bench();
    const { url } = await http.listen();
    const { socket, finish } = await halfSent(url, keys.create({ name: 'x' }).key);
    const closing = http.close();
    socket.write(finish);
    const answer = (await socket.toArray()).join('');
    await closing;
    expect(answer).toMatch(/^HTTP\/1\.1 201 /u);
    expect(rooms.commands).toHaveLength(1);
  });

  it('does not wait for a request that never ends', async () => {
    const clock = new ManualClock(1_700_000_000_000);
    const { http, keys, rooms } = bench({ clock });
    const { url } = await http.listen();
    const { socket } = await halfSent(url, keys.create({ name: 'x' }).key);
    const cut = new Promise((resolve) => socket.on('error', () => {}).on('close', resolve));
    const closing = http.close();
    clock.advance(2_000);
    await closing;
    await cut;
    expect(rooms.commands).toEqual([]);
  });
});

/** A send whose headers the server has seen and whose body has only begun. */
async function halfSent(url: string, key: string) {
  const { hostname, port } = new URL(url);
  const body = JSON.stringify({ to: CONTACT, text: 'hello' });
  const socket = connect(Number(port), hostname).setEncoding('utf8');
  const head = [
    'POST /v1/messages HTTP/1.1',
    'host: localhost',
    `authorization: Bearer ${key}`,
    'content-type: application/json',
    `content-length: ${body.length}`,
    'expect: 100-continue',
  ];
  socket.write(`${head.join('\r\n')}\r\n\r\n`);
  // The server answers 100 once it has the headers.
  const [first] = await once(socket, 'data');
  expect(String(first)).toMatch(/^HTTP\/1\.1 100 /u);
  socket.write(body.slice(0, 5));
  return { socket, finish: body.slice(5) };
}
