import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { ManualClock } from '../runtime/index.ts';
import { createBench, type Bench } from './test-bench.ts';

const FIXTURES = new URL('../../fixtures/tls/', import.meta.url).pathname;

let folder: string;
let certFile: string;
let keyFile: string;
let ca: Buffer;
const benches: Bench[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-tls-'));
  certFile = join(folder, 'cert.pem');
  keyFile = join(folder, 'key.pem');
  copyFileSync(join(FIXTURES, 'localhost.cert.pem'), certFile);
  copyFileSync(join(FIXTURES, 'localhost.key.pem'), keyFile);
  chmodSync(keyFile, 0o600);
  ca = readFileSync(certFile);
});
afterEach(async () => {
  await Promise.all(benches.splice(0).map((bench) => bench.close()));
  rmSync(folder, { recursive: true });
});

function bench(host = '127.0.0.1', clock = new ManualClock(1_700_000_000_000)): Bench {
  const made = createBench({ clock, config: { host, tls: { certFile, keyFile } } });
  benches.push(made);
  return made;
}

async function get(url: string, headers: Readonly<Record<string, string>> = {}) {
  const sent = request(url, { ca, headers, agent: false }).end();
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  const body = (await response.setEncoding('utf8').toArray()).join('');
  return { status: response.statusCode, location: response.headers.location, body };
}

describe('a bridge with a certificate', () => {
  it('serves https, also to other machines', async () => {
    const { http, keys } = bench('0.0.0.0');
    const { url } = await http.listen();
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/u);
    expect(await get(`${url}/livez`)).toMatchObject({ status: 200, body: '{"status":"alive"}' });
    const authorization = `Bearer ${keys.create({ name: 'x' }).key}`;
    expect((await get(`${url}/v1/lines`, { authorization })).status).toBe(200);
    await expect(fetch(url.replace('https', 'http'))).rejects.toThrow('fetch failed');
  });

  it('carries the event stream', async () => {
    const { http, keys } = bench();
    const { url } = await http.listen();
    const { key } = keys.create({ name: 'x' });
    const socket = new WebSocket(`${url.replace('https', 'wss')}/v1/events/stream`, {
      ca,
      headers: { authorization: `Bearer ${key}` },
    });
    const [message] = await once(socket, 'message');
    expect(String(message)).toBe('attached');
    socket.terminate();
  });

  it('speaks nothing older than TLS 1.2', async () => {
    const { url } = await bench().http.listen();
    const old = connect({ ca, port: Number(new URL(url).port), host: '127.0.0.1', maxVersion: 'TLSv1.1' });
    const [error] = await once(old, 'error');
    expect(String(error)).toMatch(/protocol|version|alert/iu);
  });

  it('takes renewed files up, and keeps the old ones where the new cannot be used', async () => {
    const clock = new ManualClock(1_700_000_000_000);
    const made = bench('127.0.0.1', clock);
    const { url } = await made.http.listen();
    writeFileSync(certFile, 'no certificate');
    clock.advance(60_000);
    expect((await get(`${url}/livez`)).status).toBe(200);
    expect(made.logLines.join('')).toContain('the old one stays');
    writeFileSync(certFile, ca);
    utimesSync(certFile, new Date(), new Date(Date.now() + 5_000));
    clock.advance(60_000);
    expect((await get(`${url}/livez`)).status).toBe(200);
    expect(made.logLines.join('')).toContain('The certificate was renewed');
  });

  it('does not start with a key that everyone can read, or with files that are none', () => {
    chmodSync(keyFile, 0o644);
    expect(() => bench()).toThrow(expect.objectContaining({ code: 'http_tls_key_exposed' }));
    chmodSync(keyFile, 0o600);
    writeFileSync(keyFile, 'no key');
    expect(() => bench()).toThrow(expect.objectContaining({ code: 'http_tls_unusable' }));
    rmSync(keyFile);
    expect(() => bench()).toThrow(expect.objectContaining({ code: 'http_tls_unusable' }));
  });
});
