import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ManualClock } from '../runtime/index.ts';
import type { SimulatedMac } from './simulated-mac.ts';
import { killAtSend, startTestMac, type TestMac } from './test-mac.ts';

const KIM = '+15550001001';
let test: TestMac;
let mac: SimulatedMac;
let clock: ManualClock;
let folder = '';

beforeEach(async () => {
  test = await startTestMac();
  ({ mac, clock, folder } = test);
});
afterEach(() => test.close());

const rows = () => test.rows();
const osascript: TestMac['osascript'] = (...call) => test.osascript(...call);
const sendText = (text: string, watch?: Parameters<TestMac['osascript']>[2]) =>
  osascript('send-text', ['participant', KIM, 'iMessage', text], watch);

describe('a send', () => {
  it.each([
    { what: 'quotes and backslashes', text: String.raw`say "hi" \ 'there' $(ls) ` },
    { what: 'newlines', text: 'one\ntwo\r\n\n three' },
    { what: 'emoji', text: '🎂👩‍👩‍👧 ↄ é e\u0301' },
    { what: 'a leading dash', text: '-e display dialog' },
    { what: 'nothing but a dash', text: '-' },
    { what: '30,000 characters', text: 'ä'.repeat(30_000) },
  ])('carries a text with $what byte for byte', async ({ text }) => {
    expect(await sendText(text)).toMatchObject({ code: 0, stdout: 'sent\n', stderr: 'phase: resolved\n' });
    clock.advance(10_000);
    expect(mac.state().received).toEqual([{ to: KIM, chat: KIM, text, channel: 'iMessage', count: 1 }]);
    expect(rows()[0]?.['attributedBody']).toSatisfy((body: Buffer) => body.includes(text));
  });

  it('leaves a row that is joined, sent, delivered and read one after the other', async () => {
    await sendText('hello');
    expect(rows()).toEqual([]);
    clock.advance(26);
    expect(rows()[0]).toMatchObject({ is_from_me: 1, is_sent: 0, text: null });
    clock.advance(100);
    expect(rows()[0]).toMatchObject({ is_sent: 1, is_delivered: 0 });
    clock.advance(300);
    expect(rows()[0]).toMatchObject({ is_delivered: 1, is_read: 0 });
    clock.advance(1_100);
    expect(rows()[0]).toMatchObject({ is_read: 1 });
  });

  it('goes to an existing chat by its guid, and is refused before it begins when there is no such chat', async () => {
    await mac.run({ command: 'text', args: { from: KIM, text: 'hi' } });
    expect(await osascript('send-text', ['chat', `any;-;${KIM}`, '-', 'hello'])).toMatchObject({ code: 0 });
    const refused = await osascript('send-text', ['chat', `iMessage;-;${KIM}`, '-', 'hello']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^\d+:\d+: execution error: .*chat id "iMessage;-;.*\(-1728\)\n$/u);
  });

  it('fails with error 22 when asked to, and to whom iMessage does not reach', async () => {
    await mac.run({ command: 'fault', args: { fault: { name: 'error', error: 22 } } });
    await sendText('one');
    clock.advance(10_000);
    await mac.run({ command: 'person', args: { handle: KIM, behaviour: { reachable: false } } });
    await sendText('two');
    clock.advance(10_000);
    expect(rows().map((row) => [row['error'], row['is_sent']])).toEqual([
      [22, 0],
      [22, 0],
    ]);
    expect(mac.state().received).toEqual([]);
  });

  it('leaves no row although the script said sent', async () => {
    await mac.run({ command: 'fault', args: { fault: { name: 'no-row' } } });
    expect(await sendText('one')).toMatchObject({ code: 0, stdout: 'sent\n' });
    clock.advance(60_000);
    expect(rows()).toEqual([]);
  });

  it('hangs until it is terminated, and may go out all the same', async () => {
    await mac.run({ command: 'fault', args: { fault: { name: 'hang', row: false, hard: false } } });
    expect(await sendText('one', killAtSend)).toMatchObject({ signal: 'SIGTERM', stdout: '' });
    await mac.run({ command: 'fault', args: { fault: { name: 'hang', row: true, hard: false } } });
    expect(await sendText('two', killAtSend)).toMatchObject({ signal: 'SIGTERM', stdout: '' });
    clock.advance(10_000);
    expect(mac.state().received.map((received) => received.text)).toEqual(['two']);
  });

  it('outlives SIGTERM when asked to, and ends by SIGKILL', async () => {
    await mac.run({ command: 'fault', args: { fault: { name: 'hang', row: false, hard: true } } });
    let termed = false;
    const ended = await sendText('one', (stderr, end) => {
      if (stderr.includes('phase: resolved') && !termed) {
        termed = true;
        end('SIGTERM');
        // The grace that a daemon gives: nothing may come of the first signal while it lasts.
        setTimeout(() => end('SIGKILL'), 300);
      }
    });
    expect(ended.signal).toBe('SIGKILL');
  });

  it('ends with the error that was asked for, before or after the text is on its way', async () => {
    await mac.run({
      command: 'fault',
      args: { fault: { name: 'script-error', code: -1743, moment: 'before' } },
    });
    const denied = await sendText('one');
    expect(denied.stderr).toMatch(/\(-1743\)\n$/u);
    expect(denied.stderr).not.toContain('phase: resolved');
    await mac.run({
      command: 'fault',
      args: { fault: { name: 'script-error', code: -1712, moment: 'after-send' } },
    });
    expect((await sendText('two')).stderr).toMatch(/^phase: resolved\n.*\(-1712\)\n$/u);
    clock.advance(10_000);
    expect(mac.state().received.map((received) => received.text)).toEqual(['two']);
  });
});

describe('people', () => {
  it('answer, react and read', async () => {
    await mac.run({
      command: 'person',
      args: { handle: KIM, behaviour: { answersAfterMs: 500, answer: 'Fine', reactsAfterMs: 200 } },
    });
    await sendText('How are you?');
    clock.advance(10_000);
    expect(rows().map((row) => [row['is_from_me'], row['associated_message_type'], row['is_read']])).toEqual([
      [1, 0, 1],
      [0, 2000, 0],
      [0, 0, 0],
    ]);
    expect(await mac.run({ command: 'wait-idle', args: {} })).toEqual({ idle: true });
  });

  it('get what was sent while their phone was off once it is on', async () => {
    await mac.run({ command: 'person', args: { handle: KIM, behaviour: { online: false } } });
    await sendText('hello');
    clock.advance(60_000);
    expect(rows()[0]).toMatchObject({ is_sent: 1, is_delivered: 0 });
    await mac.run({ command: 'person', args: { handle: KIM, behaviour: { online: true } } });
    clock.advance(10_000);
    expect(rows()[0]).toMatchObject({ is_delivered: 1, is_read: 1 });
  });

  it('write into chats late, in groups, with files, and take things back', async () => {
    await mac.run({ command: 'text', args: { from: KIM, text: 'late', joinAfterMs: 200 } });
    await expect(mac.run({ command: 'edit', args: { contact: KIM, text: 'x' } })).rejects.toMatchObject({
      code: 'simulator_unknown_message',
    });
    clock.advance(200);
    await mac.run({ command: 'edit', args: { contact: KIM, text: 'on time' } });
    await mac.run({ command: 'unsend', args: { contact: KIM } });
    await mac.run({
      command: 'group',
      args: { action: 'create', group: 'crew', name: 'Crew', participants: [KIM] },
    });
    await mac.run({ command: 'group-text', args: { group: 'crew', from: KIM, text: 'all' } });
    await mac.run({ command: 'attachment', args: { from: KIM, name: 'a.png', size: 10 } });
    clock.advance(300);
    const db = new Database(mac.database, { readonly: true });
    const attachment = db
      .prepare<[], { filename: string; transfer_state: number }>('SELECT * FROM attachment')
      .get();
    db.close();
    expect(attachment?.transfer_state).toBe(5);
    const path = join(folder, 'mac', (attachment?.filename ?? '').slice(2));
    expect(statSync(path).size).toBe(10);
    expect(rows().map((row) => row['is_empty'])).toEqual([1, 0, 0]);
  });
});

describe('Messages', () => {
  it('quits: asked it says so, a send is refused, what comes meanwhile arrives later', async () => {
    expect((await osascript('probe', [])).stdout).toMatch(
      /^running: true\naccount: \S+\tiMessage\ttrue\tconnected\n$/u,
    );
    await mac.run({ command: 'quit', args: {} });
    expect(existsSync(`${mac.database}-wal`)).toBe(false);
    expect((await osascript('probe', [])).stdout).toBe('running: false\n');
    expect(await sendText('hello')).toMatchObject({ code: 1, stderr: expect.stringMatching(/\(-600\)\n$/u) });
    expect(await mac.run({ command: 'text', args: { from: KIM, text: 'hi' } })).toEqual({ waiting: true });
    await mac.run({ command: 'reopen', args: {} });
    expect(existsSync(`${mac.database}-wal`)).toBe(true);
    expect(rows()).toHaveLength(1);
  });

  it('is killed: its -wal comes back under a new inode, also while somebody holds the old one', async () => {
    await mac.run({ command: 'text', args: { from: KIM, text: 'before' } });
    const reader = new Database(mac.database, { readonly: true });
    reader.prepare('SELECT count(*) FROM message').get();
    const before = statSync(`${mac.database}-wal`).ino;
    await mac.run({ command: 'kill', args: {} });
    await mac.run({ command: 'reopen', args: {} });
    await mac.run({ command: 'text', args: { from: KIM, text: 'after' } });
    expect(statSync(`${mac.database}-wal`).ino).not.toBe(before);
    expect(rows()).toHaveLength(2);
    reader.close();
    await mac.run({ command: 'kill', args: {} });
    await mac.run({ command: 'reopen', args: {} });
    expect(rows()).toHaveLength(2);
  });

  it('loses its database and gets it back', async () => {
    await mac.run({ command: 'text', args: { from: KIM, text: 'one' } });
    await mac.run({ command: 'vanish', args: {} });
    expect(existsSync(mac.database)).toBe(false);
    await mac.run({ command: 'text', args: { from: KIM, text: 'two' } });
    await mac.run({ command: 'restore', args: {} });
    expect(rows()).toHaveLength(2);
  });

  it('gets another database in the place of its own, empty or renumbered', async () => {
    for (let index = 0; index < 3; index += 1) {
      await mac.run({ command: 'text', args: { from: KIM, text: `text ${index}` } });
    }
    await mac.run({ command: 'delete', args: { contact: KIM, forGood: true } });
    const inode = statSync(mac.database).ino;
    await mac.run({ command: 'replace-database', args: { content: 'renumbered', from: 40 } });
    expect(statSync(mac.database).ino).not.toBe(inode);
    expect(rows().map((row) => row['ROWID'])).toEqual([40, 41]);
    await mac.run({ command: 'edit', args: { contact: KIM, text: 'still known' } });
    await mac.run({ command: 'text', args: { from: KIM, text: 'next' } });
    expect(rows().at(-1)?.['ROWID']).toBe(42);
    await mac.run({ command: 'replace-database', args: { content: 'empty' } });
    expect(rows()).toEqual([]);
  });

  it('hangs as a whole: even a question gets no answer until it is terminated', async () => {
    await mac.run({ command: 'fault', args: { fault: { name: 'frozen' }, times: 'on' } });
    const child = osascript('probe', []);
    await vi.waitFor(() => expect(mac.state().questions).toBe(1), { timeout: 10_000, interval: 10 });
    await mac.close();
    expect(await child).toMatchObject({ code: 1, stderr: expect.stringMatching(/\(-609\)\n$/u) });
  });

  it('is gone: the stand-in says that the application is not running', async () => {
    await mac.close();
    expect(await sendText('hello')).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/\(-600\)\n$/u),
    });
  });
});
