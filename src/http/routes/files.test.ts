import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorSchema, fileId } from '../../contract/index.ts';
import type { Handle } from '../../domain/index.ts';
import { ManualClock } from '../../runtime/index.ts';
import type { FoundFile } from '../ports.ts';
import { ALIAS, createBench, LINE, type Bench } from '../test-bench.ts';

const ID = fileId('A');
const BYTES = '0123456789';
const clock = new ManualClock(1_700_000_000_000);

let bench: Bench;
let folder: string;
let authorization: string;
let handles: FileHandle[] = [];

beforeEach(() => {
  bench = createBench({ clock });
  folder = mkdtempSync(join(tmpdir(), 'blueline-files-'));
  authorization = `Bearer ${bench.keys.create({ name: 'all' }).key}`;
  handles = [];
  bench.rooms.files.set(ID, found(BYTES));
});
afterEach(async () => {
  await bench.close();
  rmSync(folder, { recursive: true });
  // A closed handle has no descriptor.
  await vi.waitUntil(() => handles.every((handle) => handle.fd === -1));
});

function found(content: string, fields: Partial<FoundFile> = {}): FoundFile {
  const path = join(folder, 'a.png');
  writeFileSync(path, content);
  return {
    filename: 'a.png',
    mimeType: 'image/png',
    lines: [LINE],
    isOnDisk: true,
    open: async () => {
      const handle = await open(path);
      handles.push(handle);
      return { handle, size: content.length, modifiedAt: 1_700_000_000_000, version: 'v1' };
    },
    ...fields,
  };
}

function ask(url: string, headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET') {
  return bench.http.app.inject({ method, url, headers: { authorization, ...headers } });
}

const keyFor = (line: Handle) => `Bearer ${bench.keys.create({ name: 'one', lines: [line] }).key}`;

describe('GET /v1/files/:id', () => {
  it('streams the file', async () => {
    const answer = await ask(`/v1/files/${ID}`);
    expect([answer.statusCode, answer.body]).toEqual([200, BYTES]);
    expect(answer.headers).toMatchObject({
      'content-type': 'image/png',
      'content-length': '10',
      'accept-ranges': 'bytes',
      'x-content-type-options': 'nosniff',
      'content-disposition': `inline; filename="a.png"; filename*=UTF-8''a.png`,
      etag: '"v1"',
    });
  });

  it('streams a part of it', async () => {
    const answer = await ask(`/v1/files/${ID}`, { range: 'bytes=2-4' });
    expect([answer.statusCode, answer.body]).toEqual([206, '234']);
    expect(answer.headers['content-range']).toBe('bytes 2-4/10');
  });

  it('says how many bytes there are where it has none of those asked for', async () => {
    const answer = await ask(`/v1/files/${ID}`, { range: 'bytes=10-' });
    expect([answer.statusCode, answer.json().error.code]).toEqual([416, 'range_not_satisfiable']);
    expect(answer.headers['content-range']).toBe('bytes */10');
  });

  it('gives the headers alone on HEAD', async () => {
    const answer = await ask(`/v1/files/${ID}`, { range: 'bytes=2-4' }, 'HEAD');
    expect([answer.statusCode, answer.body, answer.headers['content-length']]).toEqual([200, '', '10']);
  });

  it('gives nothing that the client has', async () => {
    const answer = await ask(`/v1/files/${ID}`, { 'if-none-match': '"v1"' });
    expect([answer.statusCode, answer.body]).toEqual([304, '']);
  });

  it('gives an empty file', async () => {
    bench.rooms.files.set(ID, found(''));
    const answer = await ask(`/v1/files/${ID}`);
    expect([answer.statusCode, answer.body, answer.headers['content-length']]).toEqual([200, '', '0']);
  });

  it.each([fileId('other'), 'file_1', 'A', '..%2F..%2Fetc%2Fpasswd', 'x'.repeat(64)])(
    'knows no file %s',
    async (id) => {
      const answer = await ask(`/v1/files/${id}`);
      expect([answer.statusCode, errorSchema.parse(answer.json()).error.code]).toEqual([
        404,
        'file_not_found',
      ]);
    },
  );

  it('says of a file that may not be opened no more than of one that is not there', async () => {
    bench.rooms.files.set(ID, found(BYTES, { open: async () => null }));
    expect((await ask(`/v1/files/${ID}`)).json().error.code).toBe('file_not_found');
  });

  it('says of a file that has not been fetched yet that it is not ready', async () => {
    bench.rooms.files.set(ID, found(BYTES, { isOnDisk: false }));
    const answer = await ask(`/v1/files/${ID}`);
    expect([answer.statusCode, answer.json().error.code]).toEqual([404, 'file_not_ready']);
  });

  it('shows a key of some lines the files of their messages only', async () => {
    authorization = keyFor(LINE);
    expect((await ask(`/v1/files/${ID}`)).statusCode).toBe(200);
    authorization = keyFor(ALIAS);
    expect((await ask(`/v1/files/${ID}`)).statusCode).toBe(404);
    bench.rooms.files.set(ID, found(BYTES, { lines: [null] }));
    expect((await ask(`/v1/files/${ID}`)).statusCode).toBe(404);
    bench.rooms.files.set(ID, found(BYTES, { lines: [] }));
    expect((await ask(`/v1/files/${ID}`)).statusCode).toBe(404);
  });

  it('asks for the scope', async () => {
    authorization = `Bearer ${bench.keys.create({ name: 'x', scopes: ['messages:read'] }).key}`;
    expect((await ask(`/v1/files/${ID}`)).json().error.code).toBe('insufficient_scope');
  });

  it('cuts the connection when the file turns out shorter than it was', async () => {
    const short = found(BYTES);
    bench.rooms.files.set(ID, {
      ...short,
      open: async () => {
        const opened = await short.open();
        return opened === null ? null : { ...opened, size: 1_000_000 };
      },
    });
    const { url } = await bench.http.listen();
    const cut = async () => {
      const answer = await fetch(`${url}/v1/files/${ID}`, { headers: { authorization } });
      return answer.text();
    };
    await expect(cut()).rejects.toThrow('terminated');
  });
});

describe('GET /v1/files?id=', () => {
  const link = async () => {
    const answer = await ask(`/v1/files?id=${ID}`);
    expect(answer.statusCode).toBe(302);
    return String(answer.headers['location']);
  };
  const follow = (url: string) => bench.http.app.inject({ url });

  it('redirects to a link that needs no key', async () => {
    const url = await link();
    expect(url).toMatch(
      new RegExp(`^http://localhost/v1/files/${ID}\\?expires=\\d+&signature=[\\w-]{43}$`, 'u'),
    );
    const answer = await follow(url);
    expect([answer.statusCode, answer.body]).toEqual([200, BYTES]);
    expect(bench.logLines.join('')).not.toContain('signature');
  });

  it('lets the link end after ten minutes', async () => {
    const url = await link();
    clock.advance(10 * 60_000 - 1);
    expect((await follow(url)).statusCode).toBe(200);
    clock.advance(1);
    const late = await follow(url);
    expect([late.statusCode, late.json().error.code]).toEqual([403, 'file_link_invalid']);
  });

  it('opens that one file with it, and only as it was signed', async () => {
    const url = await link();
    const other = fileId('B');
    bench.rooms.files.set(other, found('other'));
    const forged = [
      url.replace(ID, other),
      url.replace(/expires=\d/u, 'expires=9'),
      url.replace(/signature=.{8}/u, 'signature=AAAAAAAA'),
      url.replace(/signature=.*/u, 'signature='),
    ];
    for (const one of forged) {
      expect((await follow(one)).json().error.code, one).toBe('file_link_invalid');
    }
    for (const one of [url.replace(/&signature=.*/u, ''), url.replace(/expires=\d+/u, 'expires=never')]) {
      expect((await follow(one)).json().error.code, one).toBe('missing_api_key');
    }
    expect((await follow(url.replace('/v1/files/', '/v1/messages/'))).statusCode).toBe(401);
  });

  it('signs for those only who may see the file', async () => {
    authorization = keyFor(ALIAS);
    expect((await ask(`/v1/files?id=${ID}`)).json().error.code).toBe('file_not_found');
    expect((await ask('/v1/files')).json().error.code).toBe('missing_required_parameter');
  });
});
