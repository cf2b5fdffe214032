import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatKey, handle, instant, messageGuid, rowId, type RowId } from '../domain/index.ts';
import { ChatDbWriter, createChatDb, type ChatPlace } from '../simulator/index.ts';
import { openMessagesDb, type MessagesDb } from './messages-db.ts';

const KIM = '+15550001111';
const LEE = '+15550002222';
const LINE = '+15559990000';
const NOON = Date.UTC(2026, 10, 20, 12);
const HOUR = 3_600_000;

let folder: string;
let db: Database.Database;
let writer: ChatDbWriter;
let reader: MessagesDb;
let kim: ChatPlace;
let lee: ChatPlace;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'messages-db-'));
  db = createChatDb(join(folder, 'chat.db'), '26');
  writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => NOON });
  kim = writer.ensureChat({ style: 'direct', handle: KIM });
  lee = writer.ensureChat({ style: 'direct', handle: LEE });
  reader = openMessagesDb(join(folder, 'chat.db'));
});
afterEach(() => {
  reader.close();
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const from = (chat: ChatPlace, who: string, text: string, date: number) =>
  writer.insertIncoming({ chat, from: who, text, date });
const replayOf = (id: number) => reader.readRows([rowId(id)])[0]?.message.replayOf;

describe('a message that iCloud brought back', () => {
  it('names the earlier copy, though it has a guid of its own', () => {
    const original = from(kim, KIM, 'hello', NOON - HOUR);
    from(kim, KIM, 'later', NOON);
    const copy = from(kim, KIM, 'hello', NOON - HOUR);
    expect(replayOf(copy.rowId)).toBe(original.guid);
    expect(replayOf(original.rowId)).toBeNull();
  });

  it('is found where its date lost the fraction of the second', () => {
    const original = from(kim, KIM, 'hello', NOON - HOUR + 250);
    from(kim, KIM, 'later', NOON);
    expect(replayOf(from(kim, KIM, 'hello', NOON - HOUR).rowId)).toBe(original.guid);
  });

  it('is no copy with other words, in another chat, from the other side, or as the next of a second', () => {
    from(kim, KIM, 'ok', NOON - HOUR);
    expect(replayOf(from(kim, KIM, 'ok', NOON - HOUR + 400).rowId)).toBeNull();
    from(kim, KIM, 'later', NOON);
    expect(replayOf(from(kim, KIM, 'no', NOON - HOUR).rowId)).toBeNull();
    expect(replayOf(from(lee, LEE, 'ok', NOON - HOUR).rowId)).toBeNull();
    const own = writer.insertOutgoing({ chat: kim, text: 'ok', date: NOON - HOUR });
    expect(replayOf(own.rowId)).toBeNull();
  });
});

describe('reading a stretch of the history', () => {
  const all = (range: Omit<Parameters<MessagesDb['exportRows']>[0], 'after' | 'limit'>, limit: number) => {
    const texts: (string | null)[] = [];
    let after: RowId | null = rowId(0);
    while (after !== null) {
      const read = reader.exportRows({ ...range, after, limit });
      texts.push(...read.messages.map((message) => message.text));
      after = read.next;
    }
    return texts;
  };

  it('gives every row once, in short stretches, and only what is asked for', () => {
    const texts = Array.from({ length: 25 }, (_, n) => `text ${n}`);
    for (const [n, text] of texts.entries()) {
      from(n % 2 === 0 ? kim : lee, n % 2 === 0 ? KIM : LEE, text, NOON + n * 1000);
    }
    const { rowId: orphan } = writer.insertIncoming({ chat: lee, from: LEE, text: 'lost', join: 'late' });
    const every = [...texts, 'lost'];
    for (const limit of [1, 3, 25, 26, 100]) {
      expect(all({}, limit)).toEqual(every);
      expect(all({ chat: chatKey('direct', LEE) }, limit)).toEqual([
        ...texts.filter((_, n) => n % 2 === 1),
        'lost',
      ]);
      expect(all({ since: instant(NOON + 5000), until: instant(NOON + 8000) }, limit)).toEqual(
        texts.slice(5, 8),
      );
      expect(all({ line: handle(LINE) }, limit)).toEqual(every);
      expect(all({ line: handle('+1999') }, limit)).toEqual([]);
    }
    expect(reader.messageGuids(rowId(orphan - 1), 5)).toEqual([{ rowId: orphan, guid: expect.any(String) }]);
  });

  it('finds a message by its guid, and the tapbacks on any part of it', () => {
    const target = from(kim, KIM, 'nice', NOON);
    const love = writer.tapback({ chat: kim, by: KIM, target: target.guid, type: 'love' });
    writer.tapback({ chat: kim, by: KIM, target: 'OTHER', type: 'like' });
    expect(reader.messageByGuid(messageGuid(target.guid))?.rowId).toBe(target.rowId);
    expect(reader.messageByGuid(messageGuid('NONE'))).toBeNull();
    for (const form of [target.guid, `bp:${target.guid}`, `p:-1/${target.guid}`, `p:31/${target.guid}`]) {
      db.prepare('UPDATE message SET associated_message_guid = ? WHERE ROWID = ?').run(form, love.rowId);
      expect(reader.reactionsTo(messageGuid(target.guid)).map((one) => one.rowId)).toEqual([love.rowId]);
    }
  });
});
