import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { parseJson } from './parse-json.ts';
import { startTestBridge, type TestBridge } from './test-bridge.ts';
import { Spawned, type as typeLine, until } from './test-terminal.ts';

const KIM = '+15550001111';
const NOOR = '+15550002222';
let bench: TestBridge;

beforeAll(async () => {
  bench = await startTestBridge();
  await until('a healthy bridge', () => bench.bridge.health.status === 'healthy');
  await bench.mac.run({ command: 'person', args: { handle: KIM, behaviour: { readsAfterMs: 50 } } });
});
afterAll(() => bench.stop());

const onTerminal = (...argv: string[]) => typeLine(argv, bench.environment, { isTTY: true });
const inPipe = (...argv: string[]) => typeLine(argv, bench.environment);
const receivedBy = (who: string) =>
  bench.mac
    .state()
    .received.filter((item) => item.to === who)
    .map((item) => item.text);
const itemSchema = z.object({ id: z.string(), state: z.string(), to: z.string() });
const failure = (stderr: string) =>
  z.object({ error: z.object({ code: z.string(), message: z.string() }) }).parse(JSON.parse(stderr)).error;

describe('blueline send', () => {
  it('follows a text on one growing line of a terminal until it is read', async () => {
    const { exit, stdout, stderr } = await onTerminal('send', KIM, 'See', 'you  at', '8', '--wait=10');
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout.split('\r').at(-1)).toBe('\u001B[Kqueued → sending → sent → delivered → read\n');
    expect(receivedBy(KIM)).toContain('See you  at 8');
  });

  it('returns at once in a pipe, with the accepted item as JSON', async () => {
    const { exit, stdout } = await inPipe('send', KIM, 'no waiting');
    expect(exit).toBe(0);
    expect(itemSchema.parse(JSON.parse(stdout))).toMatchObject({ state: 'queued', to: KIM });
  });

  it('takes a bare --wait before the number as no number of seconds, and prints the last state once', async () => {
    const { exit, stdout } = await inPipe('send', '--wait', KIM, 'waited for');
    expect(exit).toBe(0);
    expect(['sent', 'delivered', 'read']).toContain(itemSchema.parse(JSON.parse(stdout)).state);
  });

  it('carries every byte of a text: from stdin, with dashes, quotes, line breaks and escapes', async () => {
    const text = '-- "it\'s" \\ $(date)\n\u001B[31m🙂\tend';
    const input = `${text}\n`;
    expect(await typeLine(['send', KIM, '-'], bench.environment, { input })).toMatchObject({ exit: 0 });
    expect(await inPipe('send', KIM, '--', '--json', '-5 degrees')).toMatchObject({ exit: 0 });
    await until('both texts', () => receivedBy(KIM).includes('--json -5 degrees'));
    expect(receivedBy(KIM)).toContain(text);
  });

  it('sends a text once, however often it is asked under one key', async () => {
    const first = await inPipe('send', NOOR, 'just once', '--idempotency-key', 'k1');
    const again = await inPipe('send', NOOR, 'just once', '--idempotency-key', 'k1', '--wait');
    expect(itemSchema.parse(JSON.parse(again.stdout)).id).toBe(itemSchema.parse(JSON.parse(first.stdout)).id);
    expect(receivedBy(NOOR)).toEqual(['just once']);
    const other = await inPipe('send', NOOR, 'something else', '--idempotency-key', 'k1');
    expect(other.exit).toBe(2);
    expect(failure(other.stderr).code).toBe('idempotency_key_reused');
  });

  it('says that a text failed, and why, with code 1', async () => {
    await bench.mac.run({ command: 'fault', args: { fault: { name: 'error', error: 22 }, times: 'next' } });
    const { exit, stdout, stderr } = await onTerminal('send', KIM, 'lost');
    expect(exit).toBe(1);
    expect(stdout).toMatch(/sending → (?:sent → )?failed\n$/u);
    expect(stderr).toMatch(/^✗ .+\n/u);
  });

  it('says plainly that it does not know, where nothing proves a text, with code 1', async () => {
    await bench.mac.run({ command: 'fault', args: { fault: { name: 'no-row' }, times: 'next' } });
    const { exit, stdout, stderr } = await onTerminal('send', NOOR, 'who knows', '--wait=2');
    expect(exit).toBe(1);
    expect(stdout).toMatch(/sending → unknown\n$/u);
    expect(stderr).toContain('Unknown: ');
  });

  it('lets go at Ctrl-C, and says that the daemon does not', async () => {
    await bench.mac.run({
      command: 'fault',
      args: { fault: { name: 'row-late', ms: 500 }, times: 'next' },
    });
    const before = bench.mac.state().attempts.length;
    const interrupt = new AbortController();
    const sending = typeLine(['send', KIM, 'on its way', '--wait=20'], bench.environment, {
      isTTY: true,
      signal: interrupt.signal,
    });
    await until('the script', () => bench.mac.state().attempts.length > before);
    interrupt.abort();
    const { exit, stderr } = await sending;
    expect(exit).toBe(130);
    expect(stderr).toMatch(
      /^✗ Interrupted; the text (?:is \w+, and the daemon goes on|may have been accepted)/u,
    );
    await until('the text all the same', () => receivedBy(KIM).includes('on its way'));
  });

  it('tells wrong destinations apart by exit code', async () => {
    expect(await inPipe('send', 'nobody', 'hi')).toMatchObject({ exit: 2 });
    expect(await inPipe('send', `cht_${'0'.repeat(24)}`, 'hi')).toMatchObject({ exit: 4 });
    expect(await inPipe('send', KIM, 'hi', '--from', '+19998887777')).toMatchObject({ exit: 4 });
  });
});

describe('blueline chats and messages', () => {
  beforeAll(async () => {
    await bench.mac.run({
      command: 'group',
      args: { action: 'create', group: 'chat70', name: 'Friday\u001B[2J crew', participants: [KIM, NOOR] },
    });
    await bench.mac.run({ command: 'group-text', args: { group: 'chat70', from: NOOR, text: 'cake? 🍰' } });
    await bench.mac.run({ command: 'text', args: { from: NOOR, text: 'evil \u001B]0;title\u0007 text' } });
  });

  it('lists chats as a table, with what is needed to write to them', async () => {
    const { exit, stdout } = await onTerminal('chats');
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /│ Friday␛\[2J crew +│ 2 people │ \d{4}-\d\d-\d\d \d\d:\d\d │ cht_[0-9a-f]{24} │/u,
    );
    expect(stdout.split('\n').every((line) => line.length <= 100)).toBe(true);
  });

  it('shows a conversation with the newest at the bottom, and no escape that a sender put in', async () => {
    const { exit, stdout } = await onTerminal('messages', '--to', NOOR);
    expect(exit).toBe(0);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
    const places = ['just once', 'evil ␛]0;title␇ text'].map((text) => stdout.indexOf(text));
    expect(places[0]).toBeGreaterThan(0);
    expect(places[1]).toBeGreaterThan(places[0] ?? 0);
    expect(stdout).not.toContain('cake?');
  });

  it('names the chat of each message where it shows several', async () => {
    expect((await onTerminal('messages', '--limit', '10')).stdout).toMatch(
      /│ Friday␛\[2J crew +│ \+15550002222 │ cake\? 🍰/u,
    );
  });

  it('hints at the next page, and the hint works', async () => {
    const { stdout, stderr } = await onTerminal('messages', '--to', NOOR, '--limit', '1');
    expect(stdout).toContain('evil');
    const [, hint] = /^Older: blueline (.+)$/mu.exec(stderr) ?? [];
    const next = await onTerminal(...(hint ?? '').split(' '));
    expect(next.exit).toBe(0);
    expect(next.stdout).not.toContain('evil');
  });

  it('is the JSON of the daemon in a pipe, and aligned text with --plain', async () => {
    const page = z.object({ data: z.array(z.looseObject({ id: z.string() })), has_more: z.boolean() });
    expect(page.parse(JSON.parse((await inPipe('chats')).stdout)).data.length).toBe(3);
    expect(page.parse(JSON.parse((await inPipe('messages', '--limit', '1')).stdout)).has_more).toBe(true);
    expect((await inPipe('chats', '--plain')).stdout).toMatch(/^chat +with +last message +id\n/u);
    expect(await inPipe('messages', '--to', 'cht_123')).toMatchObject({ exit: 2 });
  });
});

describe('blueline status', () => {
  it('tells how the bridge is, and what to do when Messages quits, by exit code too', async () => {
    const well = await onTerminal('status');
    expect(well.exit).toBe(0);
    expect(well.stdout).toMatch(
      /^● healthy {2}br_\w+ at http:\/\/127\.0\.0\.1:\d+, version 0\.0\.0-test, up /u,
    );
    expect(well.stdout).toMatch(/last sent {2}.+ago|last sent {2}just now/u);
    expect(well.stdout).toContain('line       +15550009999');

    await bench.mac.run({ command: 'quit', args: {} });
    await until('the bridge to notice', () => bench.bridge.health.status === 'unhealthy');
    const ill = await onTerminal('status');
    expect(ill.exit).toBe(1);
    expect(ill.stdout).toContain('● unhealthy');
    expect(ill.stdout).toMatch(/! messages_not_running .+\n {4}→ Open Messages/u);
    await bench.mac.run({ command: 'reopen', args: {} });
  });

  it('works without a key, and tells less', async () => {
    const { exit, stdout } = await typeLine(['status'], {
      BLUELINE_HOME: '/nowhere',
      BLUELINE_URL: bench.url,
    });
    const health = z.looseObject({ bridgeId: z.string() }).parse(JSON.parse(stdout));
    expect([0, 1]).toContain(exit);
    expect(health).not.toHaveProperty('capture');
  });
});

describe('keys that do not fit', () => {
  it.each([[['chats']], [['tail']], [['send', KIM, 'x']], [['status']]])(
    'end %j with code 3',
    async (argv) => {
      const wrong = { ...bench.environment, BLUELINE_API_KEY: 'blk_wrong' };
      const { exit, stderr } = await typeLine(argv, wrong);
      expect(exit).toBe(3);
      expect(failure(stderr).code).toBe('invalid_api_key');
    },
  );

  it('say which scope is missing', async () => {
    const made = await inPipe('keys', 'create', '--name', 'narrow', '--scopes', 'chats:read');
    const { key } = z.object({ key: z.string() }).parse(JSON.parse(made.stdout));
    const narrow = { ...bench.environment, BLUELINE_API_KEY: key };
    expect(await typeLine(['chats'], narrow)).toMatchObject({ exit: 0 });
    const refused = await typeLine(['messages'], narrow);
    expect(refused.exit).toBe(3);
    expect(failure(refused.stderr).message).toContain('messages:read');
  });
});

describe('blueline tail', () => {
  it('prints each event once as a line of JSON, from where it is asked, and ends with 0 at a signal', async () => {
    const tail = new Spawned(['tail', '--after', '0', '--types', 'message.received'], bench.environment);
    await until('the past', () => tail.stdout.includes('cake'));
    await bench.mac.run({ command: 'text', args: { from: KIM, text: 'live \u009B2J' } });
    await until('what is new', () => tail.stdout.includes('live'));
    tail.kill('SIGINT');
    const { exit, stdout, stderr } = await tail.ended();
    expect([exit, stderr]).toEqual([0, '']);
    expect(stdout).not.toMatch(/[^\P{Cc}\n]/u);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => z.looseObject({ type: z.string(), sequence: z.int() }).parse(parseJson(line)));
    expect(new Set(events.map((event) => event.type))).toEqual(new Set(['message.received']));
    expect(new Set(events.map((event) => event.sequence)).size).toBe(events.length);
  });

  it('prints readable lines for a person, and shows a gap', async () => {
    const interrupt = new AbortController();
    const tail = typeLine(['tail', '--after', '999999'], bench.environment, {
      isTTY: true,
      signal: interrupt.signal,
    });
    const plain = new Spawned(['tail', '--plain'], bench.environment);
    await until('the live position', () => plain.stderr.includes('Up to date'));
    await bench.mac.run({ command: 'text', args: { from: NOOR, text: 'for people' } });
    await until('the line', () => plain.stdout.includes('for people'));
    expect(plain.stdout).toMatch(/^\d\d:\d\d:\d\d {2}\+15550009999 {2}← {2}\+15550002222 {6}for people$/mu);
    plain.closeOutput();
    await bench.mac.run({ command: 'text', args: { from: NOOR, text: 'nobody reads' } });
    expect((await plain.ended()).exit).toBe(0);
    interrupt.abort();
    const { exit, stdout } = await tail;
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /^━━ gap: events \d+ to 999999 cannot be read: the daemon never gave them out ━━$/mu,
    );
  });

  it('refuses types that do not exist with code 2, and typing with code 5', async () => {
    const wrong = await inPipe('tail', '--types', 'message.recieved');
    expect(wrong.exit).toBe(2);
    expect(failure(wrong.stderr).message).toContain('message.received');
    expect(await inPipe('tail', '--types', 'typing.started')).toMatchObject({ exit: 5 });
  });
});
