import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createHost, type Job } from '../host/index.ts';
import { layoutOf } from '../installation/index.ts';
import { instant } from '../domain/index.ts';
import type { Clock } from '../runtime/index.ts';
import type { Agent } from './agent.ts';
import { awaitEnd, awaitHealth, foreignDaemon } from './await-agent.ts';
import { removeDaemonFile, writeDaemonFile } from './daemon-file.ts';

const LOADED: Job = {
  state: 'loaded',
  status: 'running',
  pid: process.pid,
  runs: 1,
  lastExit: '(never exited)',
  reason: null,
  path: null,
};

/** A clock on which time passes by waiting alone, and at once. */
function leapingClock(): Clock {
  let now = 1_000_000;
  const after: Clock['after'] = (ms, run) => {
    const soon = setImmediate(() => {
      now += ms;
      run();
    });
    return { cancel: () => clearImmediate(soon) };
  };
  return { now: () => instant(now), uptimeMs: () => now, after, every: after };
}

let folder = '';
let warnings: object[] = [];
let job: Job = LOADED;
let clock = leapingClock();
let stop = (): void => undefined;
/** What a daemon on the folder answers with. */
let version = '2.0.0';

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-await-'));
  warnings = [];
  job = LOADED;
  version = '2.0.0';
  clock = leapingClock();
  const server = createServer((_request, response) => {
    const body = {
      bridgeId: 'b',
      status: 'healthy',
      messagesAppRunning: true,
      pendingCommands: 0,
      uptime: 1,
    };
    response.end(JSON.stringify({ ...body, warnings, version, checked_at: 1 }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  writeDaemonFile(folder, { url: `http://127.0.0.1:${port}`, pid: process.pid, startedAt: 1 });
  stop = () => {
    server.close();
    server.closeAllConnections();
  };
});
afterEach(() => {
  stop();
  rmSync(folder, { recursive: true });
});

const session = () => ({ clock, io: { signal: new AbortController().signal } });
const agent = (): Agent => ({
  host: createHost({ tools: null, platform: 'linux', environment: {} }),
  layout: layoutOf(folder, folder),
  uid: 501,
  job: () => Promise.resolve(job),
});
const comesUp = (before: { version: string; unhealthy: string[] } | null, notPid: number | null = null) =>
  awaitHealth(session(), agent(), '2.0.0', { seconds: 60, before, notPid });
const unhealthy = (code: string) => ({ code, severity: 'unhealthy', text: 't', action: 'a' });

describe('the wait for a version that comes up', () => {
  it('is over once it has answered for a while, whatever it warned of before as well', async () => {
    warnings = [unhealthy('messages_not_running')];
    const startedAt = clock.now();
    await comesUp({ version: '1.0.0', unhealthy: ['messages_not_running'] });
    expect(clock.now() - startedAt).toBeGreaterThanOrEqual(3_000);
    await comesUp(null);
  });

  it('fails where it warns of what was well before', async () => {
    warnings = [unhealthy('capture_stopped')];
    await expect(comesUp({ version: '1.0.0', unhealthy: [] })).rejects.toMatchObject({
      code: 'agent_worse',
      message: expect.stringContaining('capture_stopped'),
    });
  });

  it.each([
    ['another version answers', () => void (version = '1.0.0')],
    ['another process answers than the one of launchd', () => void (job = { ...LOADED, pid: 1 })],
    ['launchd has given up', () => void (job = { state: 'not_loaded' })],
    ['nothing answers', () => removeDaemonFile(folder)],
  ])('fails where %s', async (_name, cause) => {
    cause();
    await expect(comesUp(null)).rejects.toMatchObject({ code: 'agent_not_up' });
  });

  it('does not take the process that is on its way out for the new one', async () => {
    await expect(comesUp(null, process.pid)).rejects.toMatchObject({ code: 'agent_not_up' });
  });

  it('is cut short where launchd starts it again and again', async () => {
    removeDaemonFile(folder);
    job = { ...LOADED, pid: null, runs: 4, lastExit: '1' };
    const startedAt = clock.now();
    await expect(comesUp(null)).rejects.toMatchObject({
      code: 'agent_not_up',
      message: expect.stringContaining('started 4 times, last exit 1'),
    });
    expect(clock.now() - startedAt).toBeLessThan(30_000);
  });
});

describe('the wait for the end of the agent', () => {
  it('is over when launchd and the process are gone, and not before', async () => {
    job = { state: 'not_loaded' };
    await expect(awaitEnd(session(), agent(), 10)).rejects.toMatchObject({ code: 'agent_does_not_end' });
    removeDaemonFile(folder);
    await awaitEnd(session(), agent(), 10);
    job = LOADED;
    await expect(awaitEnd(session(), agent(), 10)).rejects.toMatchObject({ code: 'agent_does_not_end' });
  });

  it('does not wait for a daemon that is none of launchd', async () => {
    expect(await foreignDaemon(agent())).toBeNull();
    job = { state: 'not_loaded' };
    expect(await foreignDaemon(agent())).toBe(process.pid);
    await awaitEnd(session(), agent(), 10, process.pid);
  });
});
