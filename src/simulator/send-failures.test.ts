import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { FAULT_NAMES } from './fault-names.ts';
import type { SimulateOptions } from './simulated-mac.ts';
import { killAtSend, startTestMac, type TestMac } from './test-mac.ts';

const KIM = '+15550001001';
const SAM = '+15550001002';
const LINE = '+15550009999';
let test: TestMac;
const start = async (options: Partial<Pick<SimulateOptions, 'era' | 'people'>> = {}) => {
  test = await startTestMac({ ...options, line: LINE });
};
afterEach(() => test.close());

const ask = (words: string) => test.ask(words);
const send = (text: string, watch?: Parameters<TestMac['osascript']>[2]) =>
  test.osascript('send-text', ['participant', KIM, 'iMessage', text], watch);
const sendToChat = (guid: string, text = 'hello') => test.osascript('send-text', ['chat', guid, '-', text]);
const later = (ms = 60_000) => test.clock.advance(ms);
const received = () =>
  test.mac.state().received.map(({ to, text, channel, count }) => [to, text, channel, count]);
const row = () => test.rows().at(-1) ?? {};
const joins = () => test.rows('chat_message_join').length;

describe('a script', () => {
  it.each([
    ['-1728', /participant ".*\(-1728\)\n$/u],
    ['-1743', /\(-1743\)\n$/u],
    ['-1744', /\(-1744\)\n$/u],
    ['-600', /\(-600\)\n$/u],
    ['-2741', /\(-2741\)\n$/u],
    ['-1712-before', /\(-1712\)\n$/u],
  ])('ends with %s before anything is sent', async (name, line) => {
    await start();
    await ask(`fault ${name}`);
    const ended = await send('hello');
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(line) });
    expect(ended.stderr).not.toContain('phase: resolved');
    later();
    expect([test.rows(), received()]).toEqual([[], []]);
  });

  it.each(['-1712', '-609', '-10000'])('ends with %s at the send, and nothing was sent', async (name) => {
    await start();
    await ask(`fault ${name}`);
    const { stderr } = await send('hello');
    expect(stderr).toMatch(/^phase: resolved\n/u);
    expect(stderr).toContain(`(${name})`);
    later();
    expect([test.rows(), received()]).toEqual([[], []]);
  });

  it.each(['-1712-after-send', '-609-after-send', 'exit-nonzero', 'mute'])(
    'ends with %s although the text is on its way',
    async (name) => {
      await start();
      await ask(`fault ${name}`);
      expect((await send('hello')).stdout).toBe('');
      later();
      expect(received()).toEqual([[KIM, 'hello', 'iMessage', 1]]);
    },
  );

  it('cannot find a chat that is not loaded, nor a participant, nor an account, each where it is named', async () => {
    await start();
    await test.run({ command: 'text', args: { from: KIM, text: 'hi' } });
    await ask('fault -1728-chat on');
    const chat = await sendToChat(`any;-;${KIM}`);
    expect(chat.stderr).toMatch(/^\d+:\d+: execution error: .*chat id "any;-;.*\(-1728\)\n$/u);
    expect(await send('by participant')).toMatchObject({ code: 0 });
    await ask('fault -1728-participant');
    expect((await send('lost')).stderr).toMatch(/participant ".*\(-1728\)\n$/u);
    await ask('fault -1728-account');
    expect((await send('lost')).stderr).toMatch(/account 1 whose service type = iMessage.*\(-1728\)\n$/u);
    later();
    expect(received()).toEqual([[KIM, 'by participant', 'iMessage', 1]]);
  });

  it('hangs until it is killed, and the text goes out only after that', async () => {
    await start();
    await ask('fault hang-then-send 500');
    const before: unknown[][] = [];
    const ended = await send('hello', (stderr, kill) => {
      later();
      before.push(test.rows());
      killAtSend(stderr, kill);
    });
    expect(before).toEqual([[]]);
    expect(ended).toMatchObject({ signal: 'SIGTERM', stdout: '' });
    await vi.waitFor(() => expect(test.mac.state().pending).toBe(1), { timeout: 10_000, interval: 10 });
    later();
    expect(received()).toEqual([[KIM, 'hello', 'iMessage', 1]]);
  });

  it.each([
    ['hang', []],
    ['hang-hard', []],
    ['hang-after-send', [[KIM, 'hello', 'iMessage', 1]]],
    ['frozen', []],
  ])('hangs until it is killed: %s', async (name, expected) => {
    await start();
    await ask(`fault ${name}`);
    const ended = await send('hello', (stderr, kill) => {
      killAtSend(stderr, () => kill(name === 'hang-hard' ? 'SIGKILL' : 'SIGTERM'));
    });
    expect(ended.stdout).toBe('');
    later();
    expect(received()).toEqual(expected);
  });

  it('speaks German', async () => {
    await start();
    await ask('fault german on');
    await ask('fault -1743');
    expect((await send('hello')).stderr).toMatch(/Ausführungsfehler: .*Nicht berechtigt.* \(-1743\)\n$/u);
  });

  it.each([
    ['before', /\(-600\)\n$/u, []],
    ['at-send', /\(-609\)\n$/u, []],
    ['after-send', /\(-609\)\n$/u, [[KIM, 'hello', 'iMessage', 1]]],
  ])('ends because Messages quits %s, which is later opened again', async (moment, line, expected) => {
    await start();
    await ask(`fault quit-${moment}`);
    expect((await send('hello')).stderr).toMatch(line);
    expect((await test.osascript('probe', [])).stdout).toBe('running: false\n');
    later();
    expect(received()).toEqual([]);
    await ask('reopen');
    later();
    expect(received()).toEqual(expected);
  });
});

describe('a row of ours', () => {
  it('never comes although the script said so', async () => {
    await start();
    await ask('fault no-row');
    expect(await send('hello')).toMatchObject({ code: 0, stdout: 'sent\n' });
    later();
    expect([test.rows(), received()]).toEqual([[], []]);
  });

  it('comes 26 ms after the event, or as late as is asked for', async () => {
    await start();
    await send('at once');
    later(26);
    expect(test.rows()).toHaveLength(1);
    await ask('fault row-late 30000');
    await send('late');
    later(29_999);
    expect(test.rows()).toHaveLength(1);
    later(1);
    expect(test.rows()).toHaveLength(2);
  });

  it.each(['10.15', '26'] as const)('has no text but a body on macOS %s', async (era) => {
    await start({ era });
    await ask('fault text-null');
    await send('hello');
    later();
    expect(row()['text']).toBeNull();
    expect(row()['attributedBody']).toSatisfy((body: Buffer) => body.includes('hello'));
  });

  it('has a body that cannot be read, or none at first', async () => {
    await start();
    await ask('fault body-corrupt');
    await send('hello');
    later(26);
    expect(row()['attributedBody']).toSatisfy((body: Buffer) => !body.includes('hello'));
    await ask('fault body-late 5000');
    await send('world');
    later(26);
    expect(row()['attributedBody']).toBeNull();
    later(5_000);
    expect(row()['attributedBody']).toSatisfy((body: Buffer) => body.includes('world'));
  });

  it.each([
    ['join-late 200', 200, 1],
    ['join-late 5000', 5_000, 1],
    ['join-never', 60_000, 0],
  ])('is tied to its chat late or never: %s', async (name, ms, expected) => {
    await start();
    await ask(`fault ${name}`);
    await send('hello');
    later(26);
    expect([test.rows().length, joins()]).toEqual([1, 0]);
    later(ms);
    expect(joins()).toBe(expected);
  });

  it.each([22, 25, 3])('ends with error %i, and nobody got it', async (error) => {
    await start();
    await ask(`fault error-${error}`);
    await send('hello');
    later();
    expect(row()).toMatchObject({ error, is_sent: 0, is_delivered: 0 });
    expect(received()).toEqual([]);
  });

  it('fails with error 22 and goes out all the same, later', async () => {
    await start();
    await ask('fault error-22-then-sent 30000');
    await send('hello');
    later(10_000);
    expect(row()).toMatchObject({ error: 22, is_sent: 0 });
    later(60_000);
    expect(row()).toMatchObject({ error: 0, is_sent: 1, is_delivered: 1 });
    expect(received()).toEqual([[KIM, 'hello', 'iMessage', 1]]);
  });

  it('is downgraded: it arrives as SMS, and nothing more is heard of it', async () => {
    await start();
    await ask('fault downgrade');
    await send('hello');
    later();
    expect(row()).toMatchObject({ service: 'SMS', was_downgraded: 1, is_sent: 1, is_delivered: 0 });
    expect(received()).toEqual([[KIM, 'hello', 'SMS', 1]]);
  });

  it('is a ghost: no body, no join, and the chat for a handle', async () => {
    await start();
    await ask(`group create chat12 ${KIM},${SAM} Crew`);
    await ask('fault ghost');
    expect(await sendToChat('any;+;chat12')).toMatchObject({ code: 0, stdout: 'sent\n' });
    later();
    expect(row()).toMatchObject({ text: null, attributedBody: null, is_from_me: 1, is_sent: 0 });
    const handle = test.rows('handle').find(({ ROWID }) => ROWID === row()['handle_id']);
    expect([handle?.['id'], joins(), received()]).toEqual(['chat12', 0, []]);
  });

  it('stands in another chat than was asked for', async () => {
    await start();
    await ask('fault wrong-chat');
    await send('hello');
    later();
    const [join] = test.rows('chat_message_join');
    const chat = test.rows('chat').find(({ ROWID }) => ROWID === join?.['chat_id']);
    expect(chat).toMatchObject({ style: 43 });
    expect(test.mac.state().received).toMatchObject([{ to: KIM, chat: chat?.['chat_identifier'] }]);
  });

  it('stays neither sent nor failed', async () => {
    await start();
    await ask('fault never-sent');
    await send('hello');
    later();
    expect(row()).toMatchObject({ is_sent: 0, error: 0, is_delivered: 0 });
    expect(received()).toEqual([]);
  });

  it('is delivered and read in one commit, or minutes later when a phone is switched on', async () => {
    await start();
    await ask('fault receipts-together');
    await send('hello');
    later(26 + 1_499);
    expect(row()).toMatchObject({ is_sent: 1, is_delivered: 0 });
    later(1);
    expect(row()).toMatchObject({ is_delivered: 1, is_read: 1 });
    await ask(`person ${KIM} offline`);
    await send('world');
    later(600_000);
    expect(row()).toMatchObject({ is_sent: 1, is_delivered: 0 });
    await ask(`person ${KIM} online`);
    later(2_000);
    expect(row()).toMatchObject({ is_delivered: 1, is_read: 1 });
  });

  it('says that it went out from another address than the line', async () => {
    await start();
    await ask('fault other-line-kim@example.com');
    await send('hello');
    later();
    expect(row()['destination_caller_id']).toBe('kim@example.com');
  });

  it('fails to oneself by participant, and comes back as received by chat', async () => {
    await start();
    const self = ['participant', LINE, 'iMessage', 'note'];
    await test.osascript('send-text', self);
    later();
    expect(row()).toMatchObject({ error: 22 });
    await sendToChat(`any;-;${LINE}`, 'note');
    later();
    expect(test.rows().map((one) => [one['is_from_me'], one['error']])).toEqual([
      [1, 22],
      [1, 0],
      [0, 0],
    ]);
  });

  it('comes again under a new ROWID and guid with its old date', async () => {
    await start();
    await send('one');
    later();
    await send('two');
    later();
    await ask(`replay ${KIM} 2`);
    const [one, two, ...again] = test.rows();
    expect(again.map(({ date, is_from_me: mine }) => [date, mine])).toEqual([
      [one?.['date'], 1],
      [two?.['date'], 1],
    ]);
    expect(new Set(test.rows().map(({ guid }) => guid)).size).toBe(4);
    expect(joins()).toBe(4);
  });
});

describe('a file', () => {
  const sendFile = async () => {
    const path = join(dirname(test.mac.database), 'Attachments', 'Blueline', 'a', 'cake.png');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'cake');
    await test.osascript('send-file', ['participant', KIM, 'iMessage', path]);
  };
  const attachment = () => test.rows('attachment')[0];

  it('is transferred, and tied to its message late if asked', async () => {
    await start();
    await ask('fault attachment-late 5000');
    await sendFile();
    later(26);
    expect([attachment()?.['transfer_state'], test.rows('message_attachment_join').length]).toEqual([3, 0]);
    later(5_000);
    expect([attachment()?.['transfer_state'], test.rows('message_attachment_join').length]).toEqual([5, 1]);
    expect(received()).toEqual([[KIM, 'cake.png', 'iMessage', 1]]);
  });

  it('fails in its transfer, or with error 25 where Messages may not read it', async () => {
    await start();
    await ask('fault transfer-failed');
    await sendFile();
    later();
    expect([attachment()?.['transfer_state'], row()['is_sent'], row()['error']]).toEqual([6, 0, 0]);
    const outside = join(test.folder, 'cake.png');
    writeFileSync(outside, 'cake');
    await test.osascript('send-file', ['participant', KIM, 'iMessage', outside]);
    later();
    expect([test.rows('attachment')[1]?.['transfer_state'], row()['error']]).toEqual([6, 25]);
    expect(received()).toEqual([]);
  });
});

describe('a fault', () => {
  it('waits for a send that can be done: one that is refused anyway does not use it up', async () => {
    await start();
    await ask('fault no-row');
    expect((await sendToChat('any;+;chat404')).stderr).toContain('(-1728)');
    await ask('quit');
    expect((await send('too early')).stderr).toContain('(-600)');
    await ask('reopen');
    expect((await send('hello')).stdout).toBe('sent\n');
    later();
    expect([test.rows(), received()]).toEqual([[], []]);
  });

  it('lets a fault meet one text only', async () => {
    await start();
    await test.run({ command: 'fault', args: { fault: { name: 'no-row' }, text: 'two' } });
    await send('one');
    await send('two');
    await send('two');
    later();
    expect(received()).toEqual([
      [KIM, 'one', 'iMessage', 1],
      [KIM, 'two', 'iMessage', 1],
    ]);
  });

  it('knows every failure by name', async () => {
    await start();
    for (const name of FAULT_NAMES) {
      const example = name
        .replace('<n>', '22')
        .replace('<address>', 'kim@example.com')
        .replace('<code>', '1708')
        .replace('<ms>', '100');
      await ask(`fault ${example}`);
    }
    expect(test.mac.state().faults).toHaveLength(FAULT_NAMES.length);
  });
});
