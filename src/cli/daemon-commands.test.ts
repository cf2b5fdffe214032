import { createServer } from 'node:http';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { ChatDbWriter, createChatDb } from '../simulator/index.ts';
import type { Environment } from './io.ts';
import { parseJson } from './parse-json.ts';
import { version } from './version.ts';
import { Spawned, type as typeLine, until } from './test-terminal.ts';

let folder = '';
const started: Spawned[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-daemon-'));
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    child.kill('SIGKILL');
    await child.ended();
  }
  rmSync(folder, { recursive: true });
});

function spawned(argv: readonly string[], environment: Environment): Spawned {
  const child = new Spawned(argv, environment);
  started.push(child);
  return child;
}

/** A chat.db as any program may have written it, and nothing that sends. */
function environment(): Environment {
  const path = join(folder, 'chat.db');
  if (!existsSync(path)) {
    const db = createChatDb(path, '15');
    const writer = new ChatDbWriter(db, { era: '15', line: '+15550009999', now: () => Date.now() });
    writer.insertIncoming({
      chat: writer.ensureChat({ style: 'direct', handle: '+15550001111' }),
      from: '+15550001111',
      text: 'from before',
    });
    db.close();
  }
  return {
    BLUELINE_HOME: join(folder, 'home'),
    BLUELINE_MESSAGES_DB: path,
    BLUELINE_OSASCRIPT: '/bin/false',
    BLUELINE_HTTP_PORT: '0',
  };
}

const inHome = (name: string) => join(folder, 'home', name);
const modeOf = (name: string) => statSync(inHome(name)).mode & 0o777;

describe('blueline run', () => {
  it('says where it is once it listens, lets the commands find it, and ends with 0 at SIGTERM', async () => {
    const run = spawned(['run'], { ...environment(), BLUELINE_HTTP_PROT: '1' });
    await until('the ready line', () => run.stderr.includes('is ready at'));
    const file = z
      .object({ url: z.string(), pid: z.int(), startedAt: z.int() })
      .parse(parseJson(readFileSync(inHome('daemon.json'), 'utf8')));
    expect(run.stderr).toBe(`Blueline ${version()} is ready at ${file.url}\n`);
    expect([modeOf('daemon.json'), modeOf('cli.key')]).toEqual([0o600, 0o600]);

    const messages = await typeLine(['messages'], { BLUELINE_HOME: join(folder, 'home') }, { isTTY: true });
    expect(messages).toMatchObject({ exit: 0 });
    expect(messages.stdout).toContain('from before');
    await vi.waitFor(
      async () => {
        const environment = { BLUELINE_HOME: join(folder, 'home') };
        const capture = await typeLine(['capture', 'status'], environment, { isTTY: true });
        expect(capture).toMatchObject({ exit: 0 });
        expect(capture.stdout).toMatch(/following[\s\S]*wal: every change of any row[\s\S]*row 1\n/u);
      },
      { timeout: 20_000, interval: 100 },
    );

    const second = await spawned(['run'], environment()).ended();
    expect(second.exit).toBe(6);
    expect(second.stderr).toContain('already_running');
    expect(existsSync(inHome('daemon.json'))).toBe(true);

    run.kill('SIGTERM');
    const { exit, stdout } = await run.ended();
    expect(exit).toBe(0);
    expect(existsSync(inHome('daemon.json'))).toBe(false);
    const log = stdout
      .trimEnd()
      .split('\n')
      .map((line) => z.looseObject({ msg: z.string() }).parse(parseJson(line)));
    expect(log.at(-1)?.msg).toBe('The bridge has stopped');
    expect(log.find((entry) => entry['variable'] === 'BLUELINE_HTTP_PROT')).toMatchObject({ level: 'warn' });
    expect(stdout).not.toContain('from before');
    expect(stdout).not.toContain('+1555000');
  });

  it('keeps its key over a restart, and goes on after a kill', async () => {
    const first = spawned(['run'], environment());
    await until('the first start', () => first.stderr.includes('is ready at'));
    const key = readFileSync(inHome('cli.key'), 'utf8');
    first.kill('SIGKILL');
    await first.ended();
    expect(existsSync(inHome('daemon.json'))).toBe(true);
    const again = spawned(['run', '--plain'], environment());
    await until('the second start', () => again.stderr.includes('is ready at'));
    expect(readFileSync(inHome('cli.key'), 'utf8')).toBe(key);
    expect(again.stdout).toMatch(/^\d\d:\d\d:\d\d {2}info {3}The bridge is ready {2}url=/mu);
    again.kill('SIGINT');
    expect((await again.ended()).exit).toBe(0);
  });

  it('ends with a code that tells the cause where it cannot start', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const address = taken.address();
    const port = String(typeof address === 'object' ? address?.port : 0);
    const busy = spawned(['run'], { ...environment(), BLUELINE_HTTP_PORT: port });
    expect(await busy.ended()).toMatchObject({
      exit: 6,
      stderr: expect.stringContaining('http_port_in_use'),
    });
    expect(existsSync(inHome('daemon.json'))).toBe(false);
    taken.close();
    const open = typeLine(['run'], { ...environment(), BLUELINE_HTTP_HOST: '0.0.0.0' });
    expect(await open).toMatchObject({ exit: 6, stderr: expect.stringContaining('http_bind_refused') });
    const broken = typeLine(['run'], { ...environment(), BLUELINE_LOG_LEVEL: 'loud' });
    const early = typeLine(['run'], environment(), { signal: AbortSignal.abort() });
    expect(await early).toMatchObject({ exit: 0, stderr: '' });
    expect(await broken).toMatchObject({ exit: 2, stderr: expect.stringContaining('BLUELINE_LOG_LEVEL') });
  });
});

describe('blueline simulate', () => {
  const ready = z.object({
    database: z.string(),
    osascript: z.string(),
    environment: z.record(z.string(), z.string()),
  });

  it('says what a daemon needs, obeys its input, and leaves nothing where no folder was named', async () => {
    const mac = spawned(['simulate', '--era', '13'], {});
    mac.endInput('text +15550001111 hello there\nnonsense\nedit +15559999999 x\nexit\n');
    const { exit, stdout, stderr } = await mac.ended();
    expect([exit, stderr]).toEqual([0, '']);
    const [first, ...answers] = stdout.trimEnd().split('\n').map(parseJson);
    const { database, environment } = ready.parse(first);
    expect(environment).toMatchObject({ BLUELINE_MESSAGES_DB: database });
    expect(existsSync(database)).toBe(false);
    expect(answers).toContainEqual({ ok: true, result: expect.objectContaining({ rowId: 1 }) });
    expect(answers).toContainEqual({
      ok: false,
      error: expect.objectContaining({ code: 'simulator_unknown_message' }),
    });
  });

  it('prints the lines to copy for a person, and keeps a folder that was named', async () => {
    const home = join(folder, 'a mac');
    const input = 'state\nexit\n';
    const { exit, stdout } = await typeLine(
      ['simulate', '--folder', home, '--line', 'me@example.com'],
      {},
      {
        isTTY: true,
        input,
      },
    );
    expect(exit).toBe(0);
    expect(stdout).toContain(`  export BLUELINE_OSASCRIPT='${join(home, 'osascript')}'\n`);
    expect(stdout).toContain('"line":"me@example.com"');
    expect(existsSync(join(home, 'Library/Messages/chat.db'))).toBe(true);
  });
});
