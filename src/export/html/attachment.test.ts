import { mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { attachment, message, pageOf, words } from '../test-chat.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex');

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-page-'));
  mkdirSync(join(folder, 'Attachments'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('what a page does with files', () => {
  const shown = (guid: string, fields: Partial<Parameters<typeof attachment>[1] & object> = {}) =>
    message(1, { attachments: [attachment(guid, fields)] });

  it('holds a picture itself', async () => {
    const path = join(folder, 'Attachments', 'a.png');
    writeFileSync(path, PNG);
    const page = await pageOf([shown('a', { width: 640, height: 480 })], { folder, files: { a: path } });
    expect(page).toContain(
      `<img class="photo" src="data:image/png;base64,${PNG.toString('base64')}" alt="a.png" width="640" height="480"`,
    );
  });

  it('goes by what a file is, not by what its row says', async () => {
    const path = join(folder, 'Attachments', 'a.png');
    writeFileSync(path, '<svg onload="alert(1)">');
    const page = await pageOf([shown('a')], { folder, files: { a: path } });
    expect(page).not.toContain('<img');
    expect(words(page)).toContain('a.png');
  });

  it('reads nothing outside the folders of Messages, by any way', async () => {
    const secret = join(folder, 'secret.png');
    writeFileSync(secret, PNG);
    symlinkSync(secret, join(folder, 'Attachments', 'link.png'));
    const paths = [
      secret,
      join(folder, 'Attachments', 'link.png'),
      join(folder, 'Attachments', '..', 'secret.png'),
      '/dev/zero',
      folder,
    ];
    for (const path of paths) {
      expect(await pageOf([shown('a')], { folder, files: { a: path } }), path).not.toContain('data:image');
    }
  });

  it('names a picture that is too large, or that no browser shows', async () => {
    const path = join(folder, 'Attachments', 'big.png');
    writeFileSync(path, PNG);
    truncateSync(path, 10 * 1024 * 1024 + 1);
    expect(words(await pageOf([shown('a')], { folder, files: { a: path } }))).toContain(
      'too large for this page',
    );
    writeFileSync(path, '\0\0\0\u0018ftypheic');
    const heic = await pageOf([shown('a', { filename: 'IMG_1.heic', mimeType: 'image/heic' })], {
      folder,
      files: { a: path },
    });
    expect(words(heic)).toContain('IMG_1.heic 1.0 KB · browsers cannot show this kind of picture');
  });

  it('shows a voice message by what was said', async () => {
    const audio = {
      expiry: 'expired',
      playedAt: null,
      transcription: 'Be there <soon>',
      transcriptionStatus: 'stored',
    } as const;
    const page = await pageOf([
      message(1, { audio, attachments: [attachment('v', { mimeType: 'audio/x-caf' })] }),
    ]);
    expect(words(page)).toContain('Voice message 1.0 KB · expired “Be there &lt;soon&gt;”');
  });
});
