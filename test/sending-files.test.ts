import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createBridge } from '../src/bridge.ts';
import { loadConfig } from '../src/config/index.ts';
import { BluelineError, createLogger } from '../src/runtime/index.ts';
import type { Json } from './support/bridge-process.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import { startMac, type Mac } from './support/mac.ts';
import { KIM, until } from './support/sending.ts';

/** The daemon's parts in this process, with a folder of files in place of uploads, before a real simulated Mac. */
let mac: Mac;
let url = '';
let key = '';
/** Where files are staged; tests put it out of Messages' reach. */
let staging = '';
let released: string[] = [];

beforeEach(async () => {
  mac = await startMac({ timing: { readDelayMs: 150, deliveredDelayMs: 100, sentDelayMs: 50 } });
  staging = join(dirname(mac.database), 'Attachments', 'Blueline');
  released = [];
});
// Several processes and many sends: a busy machine needs room.
vi.setConfig({ testTimeout: 120_000 });
afterEach(cleanUp);

async function start(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'blueline-files-'));
  atEnd(() => rmSync(home, { recursive: true, force: true }));
  const uploads = join(home, 'uploads');
  mkdirSync(uploads);
  for (const name of ['cat.png', 'dog.png']) {
    writeFileSync(join(uploads, name), name.repeat(100));
  }
  const { config } = loadConfig({
    BLUELINE_HOME: home,
    BLUELINE_MESSAGES_DB: mac.database,
    BLUELINE_OSASCRIPT: mac.osascript,
    BLUELINE_HTTP_PORT: '0',
    BLUELINE_MESSAGES_PROOF_WINDOW_SECONDS: '1',
  });
  const bridge = createBridge({
    config,
    version: 'test',
    log: createLogger('silent'),
    environment: { PATH: process.env['PATH'] },
    staging: {
      stage: async (uploadId, command) => {
        const name = uploadId.replace('file_', '');
        const folder = join(staging, command);
        mkdirSync(folder, { recursive: true });
        try {
          copyFileSync(join(uploads, name), join(folder, name));
        } catch (error) {
          throw new BluelineError('upload_not_found', 'None such.', { cause: error });
        }
        return { path: join(folder, name), name, size: 700 };
      },
      release: (command) => {
        released.push(command);
        return Promise.resolve();
      },
    },
  });
  atEnd(() => bridge.stop());
  ({ url } = await bridge.start());
  ({ key } = bridge.keys.create({ name: 'test' }));
}

async function ask(path: string, body?: object): Promise<{ readonly status: number; readonly body: Json }> {
  const response = await fetch(`${url}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const parsed: Json = JSON.parse(await response.text());
  return { status: response.status, body: parsed };
}

const send = async (body: object) => String((await ask('/v1/messages', { to: KIM, ...body })).body['id']);
const reaches = (id: string, expected: object) =>
  until(async () => expect((await ask(`/v1/outbox/${id}`)).body).toMatchObject(expected));
const attempts = async () => (await mac.state()).attempts.map(({ script, content }) => [script, content]);

it('sends a text and its files as a message each, in order, every one proved by its own row', async () => {
  await start();
  const id = await send({ text: 'look', attachments: ['file_cat.png', 'file_dog.png'] });
  await reaches(id, {
    state: 'read',
    status: 'sent',
    parts: [
      { type: 'text', state: 'read' },
      { type: 'file', filename: 'cat.png', state: 'read' },
      { type: 'file', filename: 'dog.png', state: 'read' },
    ],
  });
  expect(await attempts()).toEqual([
    ['send-text', 'look'],
    ['send-file', join(staging, id, 'cat.png')],
    ['send-file', join(staging, id, 'dog.png')],
  ]);
  const { body } = await ask(`/v1/outbox/${id}`);
  const parts = Array.isArray(body['parts']) ? body['parts'] : [];
  expect(new Set(parts.map((part: Json) => part['guid'])).size).toBe(3);
  expect((await mac.state()).received.map(({ text, count }) => [text, count])).toEqual([
    ['look', 1],
    ['cat.png', 1],
    ['dog.png', 1],
  ]);
  await until(() => expect(released).toEqual([id]));
});

it('fails with a file that Messages cannot read', async () => {
  staging = mkdtempSync(join(tmpdir(), 'blueline-outside-'));
  atEnd(() => rmSync(staging, { recursive: true, force: true }));
  await start();
  const id = await send({ attachments: ['file_cat.png'] });
  await reaches(id, { state: 'failed', status: 'failed' });
  const { body } = await ask(`/v1/outbox/${id}`);
  expect(['message_failed', 'transfer_failed']).toContain(body['error']);
  expect((await mac.state()).received).toEqual([]);
});

it('accepts nothing where an uploaded file does not exist, and gives back what it had staged', async () => {
  await start();
  const answer = await ask('/v1/messages', { to: KIM, attachments: ['file_cat.png', 'file_cow.png'] });
  expect(answer).toMatchObject({
    status: 404,
    body: { error: { code: 'file_not_found', param: 'attachments' } },
  });
  expect(released).toHaveLength(1);
  expect((await ask('/v1/outbox')).body['data']).toEqual([]);
});

it('leaves the outcome of a file unknown where no row came, and never sends it again', async () => {
  await start();
  await mac.command({ command: 'fault', args: { fault: { name: 'no-row' } } });
  const id = await send({ attachments: ['file_cat.png'] });
  await reaches(id, { state: 'unknown', status: 'claimed', error: 'outcome_unknown' });
  const again = await send({ attachments: ['file_cat.png'] });
  const other = await send({ attachments: ['file_dog.png'] });
  await reaches(other, { state: 'read' });
  await reaches(again, { state: 'queued' });
  expect(await attempts()).toHaveLength(2);
});
