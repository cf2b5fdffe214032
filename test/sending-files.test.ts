import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fileSchema, messageSchema, outboxItemSchema } from '../src/contract/index.ts';
import { makeHome, startBridge, type BridgeProcess } from './support/bridge-process.ts';
import { cleanUp } from './support/cleanup.ts';
import { startMac, type Mac } from './support/mac.ts';
import { KIM } from './support/message.ts';

describe('a file', () => {
  let mac: Mac;
  let bridge: BridgeProcess;

  beforeEach(async () => {
    mac = await startMac({ timing: { readDelayMs: 150, deliveredDelayMs: 100, sentDelayMs: 50 } });
    bridge = await startBridge({
      home: makeHome(),
      database: mac.database,
      osascript: mac.osascript,
      environment: { BLUELINE_FILES_RESERVE_BYTES: '0' },
    });
  });

  afterEach(cleanUp);

  async function handIn(bytes: Uint8Array<ArrayBuffer>, name: string): Promise<string> {
    const answer = await fetch(`${bridge.url}/v1/files`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bridge.key}`, 'x-filename': encodeURIComponent(name) },
      body: bytes,
    });
    return fileSchema.parse(await answer.json()).id;
  }

  async function sent(path: string, body: object) {
    const { status, body: answer } = await bridge.request('POST', path, { to: KIM, ...body });
    expect([status, answer]).toMatchObject([201, { status: 'pending' }]);
    const { id } = outboxItemSchema.parse(answer);
    return vi.waitFor(
      async () => {
        const item = outboxItemSchema.parse((await bridge.request('GET', `/v1/outbox/${id}`)).body);
        expect(item.state).toBe('read');
        return item;
      },
      { timeout: 20_000, interval: 20 },
    );
  }

  const stagedFolder = () => join(dirname(mac.database), 'Attachments', 'Blueline');

  it('goes out after the text, as a copy under its own name, and is proved by the row', async () => {
    const bytes = new Uint8Array(300_000).fill(7);
    const file = await handIn(bytes, 'Bär im Wald.bin');
    const item = await sent('/v1/messages', { text: 'look', attachments: [file] });
    expect(item.parts.map(({ state }) => state)).toEqual(['read', 'read']);
    const { attempts } = await mac.state();
    expect(attempts.map(({ script }) => script)).toEqual(['send-text', 'send-file']);
    const path = attempts[1]?.content ?? '';
    expect(path).toMatch(new RegExp(`^${stagedFolder()}/[0-9a-f-]{36}/Bär im Wald\\.bin$`, 'u'));
    expect(digest(readFileSync(path))).toBe(digest(bytes));
    const { body } = await bridge.request('GET', `/v1/messages/${item.parts[1]?.guid ?? ''}`);
    expect(messageSchema.parse(body).attachments).toMatchObject([
      { filename: 'Bär im Wald.bin', size: 300_000 },
    ]);
  });

  it('of another key, or none at all, is refused before anything is queued', async () => {
    const attachments = ['file_01KAHV6MZ8T5N2Q4X7C9D1E3FG'];
    const answer = await bridge.request('POST', '/v1/messages', { to: KIM, text: 'look', attachments });
    expect([answer.status, answer.body]).toMatchObject([
      404,
      { error: { code: 'file_not_found', param: 'attachments' } },
    ]);
    expect((await mac.state()).attempts).toEqual([]);
    expect(existsSync(stagedFolder())).toBe(false);
  });

  it('that cannot be laid where Messages reads is refused, and nothing is queued', async () => {
    const file = await handIn(new Uint8Array(10), 'a.bin');
    mkdirSync(dirname(stagedFolder()), { recursive: true });
    writeFileSync(stagedFolder(), 'in the way');
    const answer = await bridge.request('POST', '/v1/messages', { to: KIM, attachments: [file] });
    expect([answer.status, answer.body]).toMatchObject([503, { error: { code: 'staging_failed' } }]);
    expect((await mac.state()).attempts).toEqual([]);
  });

  it('may be a sound or a contact card', async () => {
    const sound = await handIn(
      Uint8Array.from(Buffer.from('OggS\0\x02'.padEnd(100, '\0'), 'latin1')),
      'memo.ogg',
    );
    await sent('/v1/audio-messages', { audio_message: sound });
    await sent('/v1/contact-cards', { card: { first_name: 'Kim', phones: [{ value: '+15559990000' }] } });
    const paths = (await mac.state()).attempts.map(({ content }) => content);
    expect(paths.map((path) => path.split('/').at(-1))).toEqual(['memo.ogg', 'Kim.vcf']);
    expect(readFileSync(paths[1] ?? '', 'utf8')).toContain('\r\nTEL:+15559990000\r\n');
    expect(readdirSync(stagedFolder())).toHaveLength(2);
  });
});

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
