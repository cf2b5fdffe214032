import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../runtime/index.ts';
import { runSimulator } from './run-simulator.ts';

let folder = '';
const children: ChildProcess[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-run-'));
});
afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill('SIGKILL');
  }
  rmSync(folder, { recursive: true, force: true });
});

/** A simulator in a process of its own; resolves once it listens. */
async function startProcess(
  root: string,
): Promise<{ child: ChildProcess; socket: string; osascript: string }> {
  const program = `
    import { runSimulator } from ${JSON.stringify(new URL('index.ts', import.meta.url).href)};
    import { systemClock } from ${JSON.stringify(new URL('../runtime/index.ts', import.meta.url).href)};
    await runSimulator({ folder: process.argv[1], clock: systemClock(), print: () => {},
      onReady: (mac) => process.stdout.write(JSON.stringify({ socket: mac.socket, osascript: mac.osascript }) + '\\n') });
  `;
  const child = spawn(process.execPath, ['--input-type=module', '-e', program, root], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const line = await new Promise<string>((resolve) => {
    child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
  });
  const ready: unknown = JSON.parse(line);
  const field = (name: string) => {
    const value = typeof ready === 'object' && ready !== null ? Reflect.get(ready, name) : undefined;
    return typeof value === 'string' ? value : '';
  };
  return { child, socket: field('socket'), osascript: field('osascript') };
}

function ask(socketPath: string, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath, () => socket.write(`${JSON.stringify(request)}\n`));
    let answer = '';
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('closed without an answer')));
    socket.on('data', (chunk: Buffer) => {
      answer += chunk.toString();
      if (answer.endsWith('\n')) {
        socket.destroy();
        resolve(JSON.parse(answer));
      }
    });
  });
}

const exited = (child: ChildProcess) =>
  child.exitCode === null && child.signalCode === null
    ? new Promise<number | null>((resolve) => {
        child.once('exit', (code) => resolve(code));
      })
    : Promise.resolve(child.exitCode);

describe('a simulator in a process of its own', () => {
  it('takes commands over its socket and says what is wrong with others', async () => {
    const { socket } = await startProcess(folder);
    expect(
      await ask(socket, { id: 7, command: 'text', args: { from: '+15550001', text: 'hi' } }),
    ).toMatchObject({
      id: 7,
      ok: true,
      result: { rowId: 1 },
    });
    expect(await ask(socket, { id: 8, command: 'burst', args: { count: 500, perTransaction: 20 } })).toEqual({
      id: 8,
      ok: true,
      result: { count: 500 },
    });
    expect(await ask(socket, { id: 9, command: 'dance' })).toMatchObject({
      id: 9,
      ok: false,
      error: { code: 'bad_command' },
    });
  });

  it('ends at SIGTERM without leaving a socket or a hanging script', async () => {
    const { child, socket, osascript } = await startProcess(folder);
    await ask(socket, { command: 'fault', args: { fault: { name: 'hang', row: false, hard: true } } });
    const script = spawn(osascript, ['-l', 'AppleScript', '-', 'participant', '+15550001', 'iMessage', 'hi']);
    children.push(script);
    script.stdin.end('-- blueline send-text 1\n');
    await new Promise((resolve) => {
      script.stderr.once('data', resolve);
    });
    child.kill('SIGTERM');
    expect(await exited(child)).toBe(0);
    expect(await exited(script)).toBe(1);
    expect(existsSync(socket)).toBe(false);
  });

  it('finds a short place for its socket when the folder lies too deep for one', async () => {
    const { child, socket } = await startProcess(join(folder, 'x'.repeat(60), 'y'.repeat(60)));
    expect(Buffer.byteLength(socket)).toBeLessThan(104);
    expect(await ask(socket, { command: 'exit' })).toMatchObject({ ok: true });
    expect(await exited(child)).toBe(0);
    expect(existsSync(socket)).toBe(false);
  });
});

describe('runSimulator at a prompt', () => {
  it('obeys plain words line by line, and ends with its input after the last of them', async () => {
    const stdin = new PassThrough();
    const printed: string[] = [];
    const running = runSimulator({
      folder,
      clock: new ManualClock(0),
      stdin,
      print: (line) => printed.push(line),
    });
    stdin.end('text +15550001 hello there\nreact\nedit +15550002 x\nowner-reads +15550001\n');
    await running;
    expect(printed[1]).toMatch(/^ok \{"rowId":1,"guid":/u);
    expect(printed[2]).toMatch(/^usage: react/u);
    expect(printed[3]).toMatch(/^error simulator_unknown_message/u);
    expect(printed[4]).toMatch(/^ok \{"rows":\[\{/u);
  });

  it('refuses a folder in which another one runs', async () => {
    await startProcess(folder);
    const clock = new ManualClock(0);
    await expect(runSimulator({ folder, clock, print: () => undefined })).rejects.toMatchObject({
      code: 'simulator_running',
    });
  });
});
