import { afterEach, expect, it, vi } from 'vitest';
import { cleanUp } from './support/cleanup.ts';
import { KIM, startSending } from './support/sending.ts';

// Several processes and many sends: a busy machine needs room.
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);

/** Must arrive byte for byte, whatever a shell or a script would make of it. */
const TEXTS = [
  '-e tell application "Finder" to quit',
  '--help',
  '"; do shell script "x" & "',
  String.raw`back\slash \n \\ "quoted" 'single' ` + '`tick` $HOME $(id) %s',
  'one " & newline\nand 👩‍👩‍👧 "two"\r\nthree\tfour',
  `${'ä¢🙂"\\x'.repeat(2_800)} end`,
];

it('carries any text byte for byte in argv, and none of it in the script', async () => {
  const bench = await startSending();
  for (const text of TEXTS) {
    await bench.reaches(await bench.send({ text }), { state: 'read' });
  }
  expect(Buffer.byteLength(TEXTS.at(-1) ?? '')).toBeGreaterThan(30_000);
  expect((await bench.received()).map(([text]) => text)).toEqual(TEXTS);

  const sends = bench.calls().filter(({ script }) => script.startsWith('-- blueline send-text 1\n'));
  expect(new Set(sends.map(({ argv }) => argv.at(-1)))).toEqual(new Set(TEXTS));
  expect(sends).toHaveLength(TEXTS.length);
  for (const { argv } of sends) {
    expect(argv.slice(0, 3)).toEqual(['-l', 'AppleScript', '-']);
    expect(argv).toHaveLength(7);
  }
  // One script for all of them: nothing of a text, an address or a path is ever source.
  expect(new Set(sends.map(({ script }) => script)).size).toBe(1);
  expect(sends[0]?.script).not.toContain(KIM);
});

it('makes two rows of two equal texts at once, matched one to one', async () => {
  const bench = await startSending();
  const ids = await Promise.all([bench.send({ text: '👍' }), bench.send({ text: '👍' })]);
  expect(new Set(ids).size).toBe(2);
  const items = [];
  for (const id of ids) {
    await bench.reaches(id, { state: 'read', status: 'sent', error: null });
    items.push(await bench.item(id));
  }
  expect(new Set(items.map((item) => item['guid'])).size).toBe(2);
  const origins = await Promise.all(
    items.map(
      async (item) => (await bench.bridge().request('GET', `/v1/messages/${String(item['guid'])}`)).body,
    ),
  );
  expect(origins.map((message) => message['outbox_id'])).toEqual(ids);
  expect(await bench.received()).toEqual([['👍', 2]]);
});

it('sends after Messages has returned what has not expired by then, and nothing else', async () => {
  const bench = await startSending();
  await bench.mac.command({ command: 'quit' });
  const expiring = await bench.send({ text: 'too late', expires_at: Date.now() + 2_500 });
  const waiting = await bench.send({ text: 'in time', expires_at: Date.now() + 600_000 });
  await bench.reaches(expiring, { state: 'expired', status: 'failed', error: 'expired' });
  expect(await bench.item(waiting)).toMatchObject({ state: 'queued', status: 'pending' });
  await bench.mac.command({ command: 'reopen' });
  await bench.reaches(waiting, { state: 'read' });
  expect(await bench.item(expiring)).toMatchObject({ state: 'expired' });
  expect(await bench.received()).toEqual([['in time', 1]]);
});

it('holds a text until the contact writes, and gives back what the client had noted', async () => {
  const bench = await startSending();
  const id = await bench.send({ text: 'your update', after_reply: true, metadata: { order: '7' } });
  const now = await bench.send({ text: 'Ready for your update?' });
  await bench.reaches(now, { state: 'read' });
  expect(await bench.item(id)).toMatchObject({
    state: 'deferred',
    after_reply: true,
    metadata: { order: '7' },
  });
  await bench.mac.command({ command: 'text', args: { from: KIM, text: 'yes' } });
  await bench.reaches(id, { state: 'read', metadata: { order: '7' } });
  expect(await bench.received()).toEqual([
    ['Ready for your update?', 1],
    ['your update', 1],
  ]);
});

it('cancels a text that waits, over a restart too', async () => {
  const bench = await startSending();
  const id = await bench.send({ text: 'no', not_before: Date.now() + 3_000 });
  expect((await bench.bridge().request('DELETE', `/v1/outbox/${id}`)).body).toMatchObject({
    state: 'canceled',
  });
  await bench.bridge().kill();
  await bench.restart();
  const next = await bench.send({ text: 'yes', not_before: Date.now() + 3_500 });
  await bench.reaches(next, { state: 'read' });
  expect(await bench.item(id)).toMatchObject({ state: 'canceled' });
  expect(await bench.received()).toEqual([['yes', 1]]);
});
