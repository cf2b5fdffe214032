import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { healthSchema } from '../src/contract/index.ts';
import { createChatDb } from '../src/simulator/index.ts';
import { makeHome, startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import { hasSmallDisks, onSmallDisk } from './support/small-disk.ts';

const MB = 1_000_000;

describe('a file on its way into a bridge', () => {
  let home: string;
  let start: (options?: { through?: readonly string[] }) => Promise<BridgeProcess>;

  afterEach(cleanUp);

  beforeEach(() => {
    const root = mkdtempSync(join(tmpdir(), 'blueline-uploading-'));
    atEnd(() => rmSync(root, { recursive: true, force: true }));
    createChatDb(join(root, 'chat.db'), '26').close();
    const osascript = join(root, 'osascript');
    writeFileSync(osascript, '#!/bin/sh\ncat > /dev/null\necho "running: true"\n');
    chmodSync(osascript, 0o755);
    home = makeHome();
    start = (options) =>
      startBridge({
        home,
        database: join(root, 'chat.db'),
        osascript,
        environment: { BLUELINE_FILES_RESERVE_BYTES: '0' },
        ...options,
      });
  });

  async function send(bridge: BridgeProcess, bytes: number) {
    const parts = Array.from({ length: bytes / MB }, () => Buffer.alloc(MB, 1));
    const answer = await fetch(`${bridge.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bridge.key}`, 'x-filename': 'a.bin' },
      body: ReadableStream.from(parts),
      duplex: 'half',
    });
    const body: unknown = await answer.json();
    return { status: answer.status, body };
  }

  it('is gone after the next start, if the bridge is killed before it is whole', async () => {
    const bridge = await start();
    const folder = join(home, 'uploads');
    const socket = connect(Number(new URL(bridge.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write(
      `POST /v1/files HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${bridge.key}\r\n` +
        `Content-Length: ${MB}\r\n\r\nhalf of it`,
    );
    await vi.waitFor(() => expect(readdirSync(folder)).toHaveLength(1), { timeout: 10_000 });
    await bridge.kill();
    expect(readdirSync(folder)).toHaveLength(1);
    const again = await start();
    expect(readdirSync(folder)).toEqual([]);
    expect(await send(again, MB)).toMatchObject({ status: 201, body: { size: MB, filename: 'a.bin' } });
  });

  it('is refused with 507 and a warning when the disk runs full under it', async (context) => {
    const folder = join(home, 'uploads');
    mkdirSync(folder);
    if (!hasSmallDisks(folder)) {
      context.skip('This machine lets us mount no small disk.');
    }
    const bridge = await start({ through: onSmallDisk(folder, 8 * MB) });
    // The folder as the daemon sees it.
    const seen = `/proc/${bridge.pid}/root${folder}`;
    expect(existsSync(seen)).toBe(true);
    const codes = async () => {
      const answer = await bridge.request('GET', '/health');
      return healthSchema.parse(answer.body).warnings.map(({ code }) => code);
    };

    expect(await send(bridge, 4 * MB)).toMatchObject({ status: 201 });
    expect(await send(bridge, 12 * MB)).toMatchObject({
      status: 507,
      body: { error: { code: 'disk_full' } },
    });
    expect(readdirSync(seen)).toHaveLength(1);
    // So small a disk is always nearly full, and that says it all.
    await vi.waitFor(async () => expect(await codes()).toContain('disk_nearly_full'), { timeout: 10_000 });
    // What was refused has left its room free.
    expect(await send(bridge, 2 * MB)).toMatchObject({ status: 201 });
  });
});
