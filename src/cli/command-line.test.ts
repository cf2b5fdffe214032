import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type as typeLine } from './test-terminal.ts';

let home = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'blueline-cli-'));
});
afterEach(() => rmSync(home, { recursive: true }));

let port = 0;
/** A port that was free a moment ago. */
beforeAll(async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  server.close();
});

const environment = () => ({ BLUELINE_HOME: home, BLUELINE_HTTP_PORT: String(port) });
const onTerminal = (...argv: string[]) => typeLine(argv, environment(), { isTTY: true });
const inPipe = (...argv: string[]) => typeLine(argv, environment());
const errorOf = (stderr: string) =>
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }).parse(JSON.parse(stderr)).error;

describe('help', () => {
  it('lists every command, on stdout and with code 0', async () => {
    const { exit, stdout, stderr } = await onTerminal('--help');
    expect([exit, stderr]).toEqual([0, '']);
    for (const name of ['run', 'simulate', 'send', 'tail', 'status', 'keys', 'chats', 'messages']) {
      expect(stdout).toMatch(new RegExp(`^ {2}${name} `, 'mu'));
    }
    expect(stdout.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it.each([
    'send',
    'tail',
    'status',
    'run',
    'simulate',
    'messages',
    'chats',
    'keys create',
    'webhooks create',
    'webhooks replay',
    'listen',
    'events replay',
  ])('explains %s', async (command) => {
    const { exit, stdout } = await onTerminal(...command.split(' '), '--help');
    expect(exit).toBe(0);
    expect(stdout).toContain(`Usage: blueline ${command}`);
    expect(stdout).toContain('--json');
  });

  it('comes on stderr, with code 2, where no command was named', async () => {
    const { exit, stdout, stderr } = await onTerminal();
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain('Usage: blueline');
  });

  it('tells the version of the package', async () => {
    const file = new URL('../../package.json', import.meta.url);
    const { version } = z.object({ version: z.string() }).parse(JSON.parse(readFileSync(file, 'utf8')));
    expect(await onTerminal('--version')).toMatchObject({ exit: 0, stdout: `${version}\n` });
  });
});

describe('colour', () => {
  it('is for terminals whose owner did not refuse it', async () => {
    const asked = { NO_COLOR: '', TERM: 'xterm' };
    expect((await typeLine(['--help'], asked, { isTTY: true })).stdout).toContain('\u001B[');
    for (const refusal of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
      const { stdout } = await typeLine(['--help'], { ...asked, ...refusal }, { isTTY: true });
      expect(stdout).not.toContain('\u001B[');
    }
    expect((await typeLine(['--help'], asked)).stdout).not.toContain('\u001B[');
    expect((await typeLine(['--help', '--plain'], asked, { isTTY: true })).stdout).not.toContain('\u001B[');
  });
});

describe('a command line that is wrong', () => {
  it.each<[string[], string]>([
    [['stat'], "Unknown command 'stat'"],
    [['send', '+15551234567'], "Missing required argument 'text'"],
    [['chats', '--limit', '0'], 'from 1 to 200'],
    [['chats', '--limit', '1e2'], 'from 1 to 200'],
    [['tail', '--after', '-1'], '--after'],
    [['send', '--wait=soon', '+15551234567', 'hi'], '--wait'],
    [['simulate', '--era', '9'], '26.5, 27'],
    [['keys', 'create'], '--name'],
    [['keys', 'create', '--name', 'cli'], 'Choose another'],
    [['keys', 'create', '--name', 'x', '--scopes', 'messages:red'], 'messages:read'],
    [['keys', 'create', '--name', 'x', '--lines', 'kim'], 'ln_'],
    [['status', '--json', '--plain'], '--plain'],
  ])('ends with 2 and says what is wrong: %j', async (argv, said) => {
    const { exit, stdout, stderr } = await onTerminal(...argv);
    expect([exit, stdout]).toEqual([2, '']);
    expect(stderr).toContain(said);
  });

  it('says how to send a text that begins with a dash', async () => {
    const { exit, stderr } = await onTerminal('send', '+15551234567', '-5 degrees');
    expect(exit).toBe(2);
    expect(stderr).toContain('blueline send <to> -- <text>');
  });

  it('is told as JSON to a machine, and to a person who asks for it', async () => {
    const inPlainPipe = await inPipe('status', '--what');
    expect(errorOf(inPlainPipe.stderr).code).toBe('usage');
    const asked = await onTerminal('--json', 'keys', 'create');
    expect(errorOf(asked.stderr).message).toContain('--name');
  });

  it('names a broken configuration, with its line', async () => {
    const broken = { ...environment(), BLUELINE_HTTP_PORT: 'many' };
    const { exit, stderr } = await typeLine(['status'], broken, { isTTY: true });
    expect(exit).toBe(2);
    expect(stderr).toContain('BLUELINE_HTTP_PORT');
  });
});

describe('without a daemon', () => {
  it('says that it is not reachable and how to start it, with code 6', async () => {
    const { exit, stdout, stderr } = await onTerminal('status');
    expect([exit, stdout]).toEqual([6, '']);
    expect(stderr).toContain(`No daemon answers at http://127.0.0.1:${port} (ECONNREFUSED).`);
    expect(stderr).toContain('blueline run');
    expect(errorOf((await inPipe('status')).stderr).code).toBe('daemon_unreachable');
  });

  it.each([[['chats']], [['messages']], [['tail']], [['send', '+15551234567', 'hi']]])(
    'says for %j that there is no key, with code 3, and that no daemon answers once there is one',
    async (argv) => {
      expect(await onTerminal(...argv)).toMatchObject({ exit: 3 });
      const keyed = { ...environment(), BLUELINE_API_KEY: 'blk_1' };
      expect(await typeLine(argv, keyed)).toMatchObject({ exit: 6 });
    },
  );

  it('makes, lists and revokes keys all the same', async () => {
    const made = await inPipe(
      'keys',
      'create',
      '--name',
      'crm',
      '--scopes',
      'messages:read,chats:read',
      '--lines',
      '+15559990000',
    );
    const key = z
      .object({ id: z.string(), key: z.string(), scopes: z.array(z.string()), lines: z.array(z.string()) })
      .parse(JSON.parse(made.stdout));
    expect(made.exit).toBe(0);
    expect(key.key).toContain(`blk_${key.id}_`);
    expect(key.scopes).toEqual(['messages:read', 'chats:read']);
    expect(key.lines[0]).toMatch(/^ln_[0-9a-f]{24}$/u);

    const listed = await onTerminal('keys', 'list');
    expect(listed.stdout).toContain('│ crm  │');
    expect(listed.stdout).not.toContain(key.key.slice(-20));
    expect((await onTerminal('keys', 'revoke', key.id)).stdout).toBe('crm is revoked.\n');
    expect((await onTerminal('keys', 'revoke', key.id)).stdout).toBe('crm had been revoked before.\n');
    expect(await onTerminal('keys', 'revoke', 'nobody')).toMatchObject({ exit: 4 });
  });
});
