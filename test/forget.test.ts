import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { type as typeLine } from '../src/cli/test-terminal.ts';
import { cleanUp } from './support/cleanup.ts';
import { KIM, startSending, until, type SendingBench } from './support/sending.ts';

const ANN = '+15550002222';

afterEach(cleanUp);

it('erases what was said with a contact, and nothing else, while the daemon runs', async () => {
  const bench = await startSending();
  const { home } = bench.bridge();
  const said = async (from: string, text: string) =>
    bench.mac.command({ command: 'text', args: { from, text } });
  await bench.mac.command({
    command: 'group',
    args: { action: 'create', group: 'friends', name: 'Friends', participants: [KIM, ANN] },
  });
  await bench.mac.command({
    command: 'group-text',
    args: { group: 'friends', from: KIM, text: 'zebra-group' },
  });
  await bench.mac.command({
    command: 'group-text',
    args: { group: 'friends', from: ANN, text: 'stays-group' },
  });
  await said(KIM, 'zebra-received');
  await said(ANN, 'stays-received');
  const upload = await fetch(`${bench.bridge().url}/v1/files`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${bench.bridge().key}`,
      'content-type': 'text/plain',
      'x-filename': 'zebra-name.txt',
    },
    body: 'zebra-content',
  });
  const file = z.object({ id: z.string() }).parse(await upload.json());
  const sent = await bench.send({
    text: 'zebra-sent',
    attachments: [file.id],
    metadata: { note: 'zebra-note' },
  });
  const other = await bench.send({ to: ANN, text: 'stays-sent' });
  const waiting = await bench.send({ text: 'zebra-waiting', not_before: Date.now() + 3_600_000 });
  await bench.reaches(sent, { state: 'read' });
  await bench.reaches(other, { state: 'read' });
  await until(async () => expect(await journal(bench)).toContain('zebra-group'));
  const before = await events(bench);
  const figures = await (await fetch(`${bench.bridge().url}/metrics`)).text();
  expect(figures).toMatch(/^blueline_commands_total\{state="read"\} 2$/mu);
  expect(figures).toMatch(/^process_open_fds [1-9]\d*$/mu);
  expect(figures).not.toMatch(/zebra|\+1555/u);

  const ended = await typeLine(['forget', KIM, '--json'], { BLUELINE_HOME: home });
  expect([ended.exit, ended.stderr]).toEqual([0, '']);
  const told = JSON.parse(ended.stdout);
  expect(told).toMatchObject({ handle: KIM, commands: 2, canceled: 1, kept: 0, files: 1, is_scrubbed: true });

  const after = await events(bench);
  expect(after.slice(0, before.length).map(({ id, sequence }) => [id, sequence])).toEqual(
    before.map(({ id, sequence }) => [id, sequence]),
  );
  expect(after.filter(({ type }) => type === 'event.erased')).toHaveLength(told.events);
  expect(await journal(bench)).not.toContain('zebra');
  for (const text of ['stays-group', 'stays-received']) {
    expect(await journal(bench)).toContain(text);
  }
  await bench.reaches(waiting, { state: 'canceled' });
  await bench.reaches(other, { state: 'read' });
  expect(await bench.item(sent)).toMatchObject({
    state: 'read',
    parts: [{ type: 'text' }, { filename: '' }],
  });
  // A reader of the files, free pages included, finds nothing; another process than the daemon may look.
  expect(
    filesIn(home).filter((path) => !path.includes('/calls/') && readFileSync(path).includes('zebra')),
  ).toEqual([]);
  expect(
    (await bench.bridge().request('POST', '/v1/messages', { to: KIM, text: 'hello again' })).status,
  ).toBe(201);
});

it('keeps what proves a command that is under way, and says so', async () => {
  const bench = await startSending();
  await bench.fault({ name: 'no-row' });
  const lost = await bench.send({ text: 'nobody knows' });
  await bench.reaches(lost, { state: 'unknown' });
  const ended = await typeLine(['forget', KIM, '--plain'], { BLUELINE_HOME: bench.bridge().home });
  expect([ended.exit, ended.stdout]).toEqual([1, expect.stringContaining('Kept: 1 commands')]);
});

async function events(bench: SendingBench) {
  const { body } = await bench.bridge().request('GET', '/v1/events?after=0&limit=500');
  return Array.isArray(body['data']) ? body['data'] : [];
}

async function journal(bench: SendingBench): Promise<string> {
  return JSON.stringify(await events(bench));
}

function filesIn(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesIn(path) : [path];
  });
}
