import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatSchema, list, messageSchema, reactionSchema } from '../src/contract/index.ts';
import { ChatDbWriter, createChatDb, type ChatPlace, type NewAttachment } from '../src/simulator/index.ts';
import { makeHome, startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { atEnd, cleanUp } from './support/cleanup.ts';
import { KIM } from './support/message.ts';

const PICTURE = 'not really a picture';

describe('what a bridge gives of a message', () => {
  let root: string;
  let folder: string;
  let writer: ChatDbWriter;
  let chat: ChatPlace;
  let bridge: BridgeProcess;

  afterEach(cleanUp);

  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'blueline-reading-'));
    atEnd(() => rmSync(root, { recursive: true, force: true }));
    folder = join(root, 'Messages');
    mkdirSync(folder);
    const db = createChatDb(join(folder, 'chat.db'), '26');
    atEnd(() => db.close());
    writer = new ChatDbWriter(db, { era: '26', line: '+15559990000', now: () => Date.now() });
    chat = writer.ensureChat({ style: 'direct', handle: KIM });
    const osascript = join(root, 'osascript');
    writeFileSync(osascript, '#!/bin/sh\ncat > /dev/null\necho "running: true"\n');
    chmodSync(osascript, 0o755);
    bridge = await startBridge({ home: makeHome(), database: join(folder, 'chat.db'), osascript });
  });

  function receive(attachment: Partial<NewAttachment> = {}): string {
    return writer.insertIncoming({
      chat,
      from: KIM,
      text: 'look',
      attachments: [{ name: 'Bär.png', mimeType: 'image/png', size: PICTURE.length, ...attachment }],
    }).guid;
  }

  /** The attachment of a message, as the message lists it. */
  async function attachmentOf(guid: string) {
    const { body } = await bridge.request('GET', `/v1/messages/${guid}`);
    const [attachment] = messageSchema.parse(body).attachments;
    if (attachment === undefined) {
      throw new Error('the message lists no attachment');
    }
    return attachment;
  }

  async function fetchFile(id: string, headers: Readonly<Record<string, string>> = {}) {
    const answer = await fetch(`${bridge.url}/v1/files/${id}`, {
      headers: { authorization: `Bearer ${bridge.key}`, ...headers },
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }

  it('is the file, whole or in part, with or without a key', async () => {
    const filename = '~/Library/Messages/Attachments/ab/00/x/a.png';
    const path = join(folder, 'Attachments/ab/00/x/a.png');
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, PICTURE);
    const attachment = await attachmentOf(receive({ filename }));
    expect(attachment).toMatchObject({ ready: true, url: `/v1/files/${attachment.id}` });

    const whole = await fetchFile(attachment.id);
    expect([whole.status, whole.text]).toEqual([200, PICTURE]);
    expect(whole.headers.get('content-disposition')).toBe(
      `inline; filename="B_r.png"; filename*=UTF-8''B%C3%A4r.png`,
    );
    const etag = whole.headers.get('etag') ?? '';
    const part = await fetchFile(attachment.id, { range: 'bytes=4-9', 'if-range': etag });
    expect([part.status, part.text]).toEqual([206, PICTURE.slice(4, 10)]);
    writeFileSync(path, `${PICTURE}, and changed`);
    expect((await fetchFile(attachment.id, { range: 'bytes=4-9', 'if-range': etag })).status).toBe(200);

    const redirect = await fetch(`${bridge.url}/v1/files?id=${attachment.id}`, {
      headers: { authorization: `Bearer ${bridge.key}` },
      redirect: 'manual',
    });
    expect(redirect.status).toBe(302);
    const linked = await fetch(String(redirect.headers.get('location')));
    expect(await linked.text()).toContain(PICTURE);
  });

  it.each<[string, () => string]>([
    ['an absolute path outside', () => join(root, 'secret')],
    ['a way out', () => '~/Library/Messages/Attachments/../../secret'],
    ['a link that leads out', () => '~/Library/Messages/link.png'],
    ['the database itself', () => '~/Library/Messages/chat.db'],
    ['a device', () => '/dev/zero'],
  ])('is no file where the row names %s', async (_, filename) => {
    writeFileSync(join(root, 'secret'), 'secret');
    mkdirSync(join(folder, 'Attachments'));
    symlinkSync(join(root, 'secret'), join(folder, 'link.png'));
    const attachment = await attachmentOf(receive({ filename: filename() }));
    const answer = await fetchFile(attachment.id);
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.text)).toMatchObject({ error: { code: 'file_not_found' } });
    expect(bridge.output()).toContain('An attachment is not served');
    expect(bridge.output()).not.toContain('secret');
    // The database is still readable, and the bridge with it.
    expect((await bridge.request('GET', '/v1/chats')).status).toBe(200);
  });

  it('is what was asked for by id, by guid and by filter', async () => {
    const first = receive({ state: 0 });
    const second = writer.insertOutgoing({ chat, text: 'mine' });
    writer.tapback({ chat, by: KIM, target: first, type: 'love' });
    const { body } = await bridge.request('GET', '/v1/messages?is_from_me=false');
    const [listed] = list(messageSchema).parse(body).data;
    expect(listed).toMatchObject({ guid: first, parts: [{ type: 'attachment' }, { type: 'text' }] });
    expect((await bridge.request('GET', `/v1/messages/${listed?.id ?? ''}`)).body).toEqual(listed);
    expect((await fetchFile(listed?.attachments[0]?.id ?? '')).text).toContain('file_not_ready');
    expect((await bridge.request('GET', `/v1/messages/${second.guid}`)).body).toMatchObject({ text: 'mine' });
    const reactions = await bridge.request('GET', `/v1/reactions?message_id=${first}`);
    expect(list(reactionSchema).parse(reactions.body).data).toMatchObject([
      { message_guid: first, type: 'love', added: true, sender: KIM },
    ]);
    const one = await bridge.request('GET', `/v1/chats/${encodeURIComponent(`SMS;-;${KIM}`)}`);
    expect(chatSchema.parse(one.body)).toMatchObject({ id: listed?.chat_id, identifier: KIM });
    expect((await bridge.request('GET', '/v1/messages/msg_000000000000000000000000')).status).toBe(404);
  });
});
