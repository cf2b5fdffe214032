import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { instant, rowId, type Message } from '../domain/index.ts';
import { ChatDbWriter, createChatDb } from '../simulator/index.ts';
import type { ExportRange } from './export-rows.ts';
import { openMessagesDb } from './messages-db.ts';

const NOON = Date.UTC(2026, 9, 5, 12);
const KIM = '+15550001111';
const LONG = 600_000;
const TEXTS = ['first', ...Array.from({ length: 6 }, (_, index) => `${index}`.repeat(LONG)), 'last'];

describe('long texts, read for an export', () => {
  const folder = mkdtempSync(join(tmpdir(), 'blueline-rows-'));
  const path = join(folder, 'chat.db');
  const file = createChatDb(path, '26');
  const writer = new ChatDbWriter(file, { era: '26', line: '+15550009999', now: () => NOON });
  const chat = writer.ensureChat({ style: 'direct', handle: KIM });
  for (const text of TEXTS) {
    writer.insertIncoming({ chat, from: KIM, text });
  }
  file.close();
  afterAll(() => rmSync(folder, { recursive: true }));

  it.each<[string, Partial<ExportRange>]>([
    ['all rows', {}],
    ['rows from a moment on', { since: instant(NOON) }],
  ])('come a few at a time, and none is left out: %s', (_, filter) => {
    const reader = openMessagesDb(path);
    const goes: (readonly Message[])[] = [];
    for (let after: Message['rowId'] | null = rowId(0); after !== null;) {
      const { messages, next } = reader.exportRows({ ...filter, after, limit: 100 });
      goes.push(messages);
      after = next;
    }
    reader.close();
    expect(goes.flat().map((message) => message.text)).toEqual(TEXTS);
    expect(Math.max(...goes.map((go) => go.length))).toBeLessThanOrEqual(3);
  });
});
