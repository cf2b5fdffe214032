import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readDaemonFile, removeDaemonFile, writeDaemonFile } from './daemon-file.ts';
import { findDaemon } from './find-daemon.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'blueline-find-'));
});
afterEach(() => rmSync(home, { recursive: true }));

const find = (more: Record<string, string> = {}) => findDaemon({ BLUELINE_HOME: home, ...more });
const running = { url: 'http://127.0.0.1:6001', pid: process.pid, startedAt: 1 };

describe('findDaemon', () => {
  it('takes the address that the running daemon wrote, and the key of the data folder', () => {
    writeDaemonFile(home, running);
    writeFileSync(join(home, 'cli.key'), 'blk_1\n');
    expect(find()).toEqual({ url: 'http://127.0.0.1:6001', key: 'blk_1' });
    expect(statSync(join(home, 'daemon.json')).mode & 0o777).toBe(0o600);
    removeDaemonFile(home);
    expect(readDaemonFile(home)).toBeNull();
  });

  it('does not believe the file of a daemon that is gone, nor one that is no such file', () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeDaemonFile(home, { ...running, pid });
    expect(find({ BLUELINE_HTTP_PORT: '6002' }).url).toBe('http://127.0.0.1:6002');
    writeFileSync(join(home, 'daemon.json'), 'half a fi');
    expect(find().url).toBe('http://127.0.0.1:5463');
  });

  it('asks a daemon that listens everywhere on this machine', () => {
    expect(find({ BLUELINE_HTTP_HOST: '0.0.0.0' }).url).toBe('http://127.0.0.1:5463');
    expect(find({ BLUELINE_HTTP_HOST: '::' }).url).toBe('http://[::1]:5463');
  });

  it('lets the environment win, keeps a path, and shows the own key to this machine alone', () => {
    writeDaemonFile(home, running);
    writeFileSync(join(home, 'cli.key'), 'blk_1\n');
    expect(find({ BLUELINE_URL: 'https://mini.example/line1/' })).toEqual({
      url: 'https://mini.example/line1',
      key: null,
    });
    expect(find({ BLUELINE_URL: 'https://mini.example', BLUELINE_API_KEY: 'blk_2' }).key).toBe('blk_2');
    expect(find({ BLUELINE_URL: 'http://localhost:1' }).key).toBe('blk_1');
  });

  it('refuses what is no address', () => {
    for (const url of ['mini.example', 'ftp://mini.example', '::']) {
      expect(() => find({ BLUELINE_URL: url }), url).toThrow(expect.objectContaining({ exit: 2 }));
    }
  });
});
