import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileSchema } from '../../contract/index.ts';
import { ManualClock } from '../../runtime/index.ts';
import { createBench, type Bench } from '../test-bench.ts';

const clock = new ManualClock(1_700_000_000_000);
const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489', 'hex');

let bench: Bench;
let url: string;
let authorization: string;

beforeEach(async () => {
  await open();
});
afterEach(() => bench.close());

async function open(options: Parameters<typeof createBench>[0] = {}): Promise<void> {
  bench = createBench({ clock, ...options });
  authorization = `Bearer ${bench.keys.create({ name: 'all' }).key}`;
  ({ url } = await bench.http.listen());
}

type Body = string | Uint8Array<ArrayBuffer> | FormData | ReadableStream | null;

async function post(body: Body, headers: Record<string, string> = {}) {
  const answer = await fetch(`${url}/v1/files`, {
    method: 'POST',
    headers: { authorization, ...headers },
    body,
    ...(body instanceof ReadableStream ? { duplex: 'half' } : {}),
  });
  return { status: answer.status, body: await answer.json() };
}

function form(name: string, bytes: Uint8Array<ArrayBuffer>, type = 'text/plain'): FormData {
  const data = new FormData();
  data.set('note', 'means nothing');
  data.set('file', new Blob([bytes], { type }), name);
  return data;
}

const kept = () => {
  try {
    return readdirSync(join(bench.folder, 'uploads'));
  } catch {
    return [];
  }
};

async function fetchFile(id: string, key = authorization) {
  const answer = await fetch(`${url}/v1/files/${id}`, { headers: { authorization: key } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

describe('POST /v1/files', () => {
  it('takes the body as the file, and gives it back to the key that sent it', async () => {
    const { status, body } = await post('{"not": "parsed"', {
      'content-type': 'application/json',
      'x-filename': 'data.json',
    });
    expect(status).toBe(201);
    const file = fileSchema.parse(body);
    expect(file).toMatchObject({
      mime_type: 'application/json',
      size: 16,
      filename: 'data.json',
      url: `/v1/files/${file.id}`,
      created_at: clock.now(),
      expires_at: clock.now() + 86_400_000,
    });
    const got = await fetchFile(file.id);
    expect([got.status, got.text]).toEqual([200, '{"not": "parsed"']);
    expect(got.headers.get('content-disposition')).toContain('data.json');
    const link = await fetch(`${url}/v1/files?id=${file.id}`, {
      headers: { authorization },
      redirect: 'manual',
    });
    const linked = await fetch(String(link.headers.get('location')));
    expect(await linked.text()).toBe('{"not": "parsed"');
    const other = `Bearer ${bench.keys.create({ name: 'other' }).key}`;
    expect((await fetchFile(file.id, other)).status).toBe(404);
  });

  it('takes the file of a form', async () => {
    const { status, body } = await post(form('Bär.png', Uint8Array.from(PNG)));
    expect(status).toBe(201);
    expect(body).toMatchObject({ mime_type: 'image/png', size: PNG.length, filename: 'Bär.png' });
  });

  it.each([
    ['as it is', Buffer.from('Bär im Wald.png', 'utf8').toString('latin1'), 'Bär im Wald.png'],
    ['in Latin-1', Buffer.from('B\xe4r.png', 'latin1').toString('latin1'), 'Bär.png'],
    ['percent-encoded', encodeURIComponent('Bär 100%.png'), 'Bär 100%.png'],
    ['with a percent sign of its own', '100%.png', '100%.png'],
  ])('reads the name %s', async (_, header, name) => {
    expect((await post(Uint8Array.from(PNG), { 'x-filename': header })).body).toMatchObject({
      filename: name,
    });
  });

  it('takes a body without a type or a length', async () => {
    const parts = ['one ', 'two'].map((text) => Buffer.from(text));
    const { status, body } = await post(ReadableStream.from(parts));
    expect([status, body]).toMatchObject([201, { size: 7, mime_type: 'application/octet-stream' }]);
  });

  it('refuses what has no bytes', async () => {
    for (const body of [null, '', form('a.txt', new Uint8Array())]) {
      expect(await post(body)).toMatchObject({ status: 400, body: { error: { code: 'empty_file' } } });
    }
    const data = new FormData();
    data.set('note', 'no file');
    expect(await post(data)).toMatchObject({
      status: 400,
      body: { error: { code: 'missing_required_parameter' } },
    });
    const broken = await post('--x\r\nnot a part', { 'content-type': 'multipart/form-data; boundary=x' });
    expect(broken).toMatchObject({ status: 400 });
    expect(kept()).toEqual([]);
  });

  it('refuses what is too large, announced or not, and the client hears of it', async () => {
    await bench.close();
    await open({ uploads: { maxBytes: 300_000 } });
    const large = new Uint8Array(3_000_000);
    const streamed = ReadableStream.from([large]);
    for (const body of [large, streamed, form('a.bin', large)]) {
      expect(await post(body)).toMatchObject({ status: 413, body: { error: { code: 'file_too_large' } } });
    }
    // More than fits beside the limit in an announced length, so that it is found out on the way.
    expect(await post(form('a.bin', new Uint8Array(301_000)))).toMatchObject({ status: 413 });
    expect(await post(new Uint8Array(300_000))).toMatchObject({ status: 201 });
    expect(kept()).toHaveLength(1);
  });

  it('answers 507 when there is no room', async () => {
    await bench.close();
    await open({ uploads: { reserveBytes: Number.MAX_SAFE_INTEGER } });
    await bench.uploads.start();
    for (const body of ['hello', form('a.txt', Uint8Array.from(PNG))]) {
      expect(await post(body)).toMatchObject({
        status: 507,
        body: { error: { code: 'disk_full', type: 'bridge_error' } },
      });
    }
    expect(kept()).toEqual([]);
  });

  it('asks for the scope before it takes a byte', async () => {
    authorization = `Bearer ${bench.keys.create({ name: 'x', scopes: ['files:read'] }).key}`;
    expect(await post('hello')).toMatchObject({
      status: 403,
      body: { error: { code: 'insufficient_scope' } },
    });
    authorization = 'Bearer wrong';
    expect(await post('hello')).toMatchObject({ status: 401 });
    expect(kept()).toEqual([]);
  });

  it.each([
    ['a body', 'Content-Length: 100000\r\n\r\nhalf of it'],
    [
      'a form',
      'Content-Length: 100000\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n' +
        '--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf of it',
    ],
  ])('leaves nothing of %s that is cut', async (_, rest) => {
    const socket = await halfRequest(rest);
    await vi.waitFor(() => expect(kept()).toHaveLength(1));
    socket.destroy();
    await vi.waitFor(() => expect(kept()).toEqual([]));
    // The door still works.
    expect((await post('hello')).status).toBe(201);
  });
});

describe('a request whose body does not come', () => {
  it('is ended after half a minute', async () => {
    const socket = await halfRequest(
      'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
      '/v1/messages',
    );
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('utf8');
    });
    await vi.waitFor(() => {
      clock.advance(30_000);
      expect(answer).toContain('request_timeout');
    });
    expect(answer).toContain('HTTP/1.1 408');
  });

  it('may be a file, for as long as something of it comes', async () => {
    const socket = await halfRequest('Content-Length: 6\r\n\r\nabc');
    await vi.waitFor(() => expect(kept()).toHaveLength(1));
    clock.advance(600_000);
    let answer = '';
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString('utf8');
    });
    socket.write('def');
    await vi.waitFor(() => expect(answer).toContain('201 Created'));
    socket.destroy();
  });
});

/** Sends the beginning of a request on a bare socket. */
async function halfRequest(rest: string, path = '/v1/files') {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  socket.write(`POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${authorization}\r\n${rest}`);
  return socket;
}
