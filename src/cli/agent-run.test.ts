import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Environment } from './io.ts';
import { Spawned } from './test-terminal.ts';

let folder = '';
const started: Spawned[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-agent-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    child.kill('SIGKILL');
    await child.ended();
  }
  rmSync(folder, { recursive: true });
});

const home = () => join(folder, 'home');
const logs = () => join(folder, 'logs');
const logText = () =>
  existsSync(join(logs(), 'blueline.log')) ? readFileSync(join(logs(), 'blueline.log'), 'utf8') : '';

function spawned(argv: readonly string[], more: Environment = {}): Spawned {
  const child = new Spawned(argv, {
    BLUELINE_HOME: home(),
    BLUELINE_MESSAGES_DB: join(folder, 'none.db'),
    BLUELINE_OSASCRIPT: '/bin/false',
    BLUELINE_HTTP_PORT: '0',
    ...more,
  });
  started.push(child);
  return child;
}

/** Several processes start here, on a machine that may have other things to do. */
const until = (what: string, fits: () => boolean) =>
  vi
    .waitUntil(fits, { timeout: 40_000, interval: 20 })
    .catch(() => expect.fail(`waited in vain for ${what}`));

describe('blueline run --log-folder', { timeout: 120_000 }, () => {
  it('logs to files to the last line, and prints nothing', async () => {
    const agent = spawned(['run', '--log-folder', logs()]);
    await until('the ready entry', () => logText().includes('The bridge is ready'));
    expect(statSync(join(logs(), 'blueline.log')).mode & 0o777).toBe(0o600);
    agent.kill('SIGTERM');
    expect(await agent.ended()).toEqual({ exit: 0, stdout: '', stderr: '' });
    expect(logText()).toMatch(/The bridge has stopped"\}\n$/u);
  });

  it('waits for a daemon that holds the data folder, and takes its place when it is gone', async () => {
    const first = spawned(['run']);
    await until('the first', () => first.stderr.includes('is ready at'));
    const agent = spawned(['run', '--log-folder', logs()]);
    await until('the wait', () => logText().includes('Another daemon holds the data folder'));
    const other = join(folder, 'other/blueline.log');
    const impatient = spawned(['run', '--log-folder', join(folder, 'other')]);
    await until('the other wait', () => existsSync(other) && readFileSync(other, 'utf8') !== '');
    impatient.kill('SIGTERM');
    expect((await impatient.ended()).exit).toBe(0);
    // A person's own second start is refused instead.
    const second = await spawned(['run']).ended();
    expect([second.exit, second.stderr.includes('already_running')]).toEqual([6, true]);
    first.kill('SIGTERM');
    expect((await first.ended()).exit).toBe(0);
    await until('its turn', () => logText().includes('The bridge is ready'));
    agent.kill('SIGTERM');
    expect((await agent.ended()).exit).toBe(0);
  });

  it('says why it dies where launchd puts it, and keeps that file small', async () => {
    const crash = join(logs(), 'crash.log');
    const agent = spawned(['run', '--log-folder', logs()]);
    await until('the ready entry', () => logText().includes('The bridge is ready'));
    agent.kill('SIGTERM');
    await agent.ended();
    writeFileSync(crash, 'x'.repeat(1_100_000));
    const broken = spawned(['run', '--log-folder', logs()], { BLUELINE_LOG_LEVEL: 'loud' });
    expect(await broken.ended()).toMatchObject({
      exit: 2,
      stderr: expect.stringContaining('BLUELINE_LOG_LEVEL'),
    });
    expect(statSync(crash).size).toBe(0);
  });
});
