import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { instant, rowId } from '../domain/index.ts';
import { ChatDbWriter, createChatDb, type ChatPlace } from '../simulator/index.ts';
import { openMessagesDb, type MessagesDb } from './messages-db.ts';

const KIM = '+15550001111';
const LINE = '+15559990000';
const NOON = Date.UTC(2026, 10, 20, 12);

let folder: string;
let path: string;
let db: Database.Database;
let writer: ChatDbWriter;
let reader: MessagesDb;
let kim: ChatPlace;
let now: number;

beforeEach(() => {
  now = NOON;
  folder = mkdtempSync(join(tmpdir(), 'messages-db-'));
  path = join(folder, 'chat.db');
  db = createChatDb(path, '26');
  writer = new ChatDbWriter(db, { era: '26', line: LINE, now: () => now });
  kim = writer.ensureChat({ style: 'direct', handle: KIM });
  reader = openMessagesDb(path);
});
afterEach(() => {
  reader.close();
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const incoming = (text: string) => writer.insertIncoming({ chat: kim, from: KIM, text }).rowId;
const outgoing = (text: string) => writer.insertOutgoing({ chat: kim, text }).rowId;

describe('noticing change', () => {
  it('moves the data version with a commit of another connection only', () => {
    const before = reader.dataVersion();
    expect(reader.dataVersion()).toBe(before);
    incoming('x');
    expect(reader.dataVersion()).not.toBe(before);
  });

  it('remembers the highest ROWID after its row is gone', () => {
    expect(reader.lastRowId()).toBe(0);
    const last = incoming('last');
    writer.remove(last);
    expect(reader.position(rowId(last)).guid).toBeNull();
    expect(reader.lastRowId()).toBe(last);
  });

  it('finds rows by their date, not by their ROWID', () => {
    const recent = incoming('recent');
    const old = writer.insertIncoming({ chat: kim, from: KIM, text: 'old', date: NOON - 86_400_000 }).rowId;
    now += 1000;
    const newest = incoming('newest');
    const since = (at: number, limit = 10) => reader.guidsSince(instant(at), limit).map((row) => row.rowId);
    expect(since(NOON - 1)).toEqual([recent, newest]);
    expect(since(0)).toEqual([old, recent, newest]);
    expect(since(0, 1)).toEqual([old]);
    expect(reader.firstRowSince(instant(NOON - 1), 10)).toBe(recent);
    expect(reader.firstRowSince(instant(NOON - 1), 1)).toBe(newest);
    expect(reader.firstRowSince(instant(now), 10)).toBeNull();
  });

  it('lists own rows that may still change', () => {
    incoming('not ours');
    const [open, read, failed] = [outgoing('open'), outgoing('read'), outgoing('failed')];
    writer.markRead(read);
    writer.fail(failed, 22);
    expect(reader.openOwnRows(instant(NOON - 1), 10)).toEqual([open]);
    expect(reader.openOwnRows(instant(NOON + 60_000), 10)).toEqual([]);
  });

  it('tells when a message last went out', () => {
    expect(reader.lastSentAt()).toBeNull();
    writer.markSent(outgoing('first'));
    now += 5000;
    writer.fail(outgoing('failed'), 22);
    incoming('not ours');
    expect(reader.lastSentAt()).toBe(NOON);
    writer.insertOutgoing({ chat: kim, text: 'brought back', sent: true, date: NOON - 86_400_000 });
    expect(reader.lastSentAt()).toBe(NOON);
  });

  it('reads on when Messages has changed the schema under it', () => {
    const id = incoming('x');
    const print = () => reader.prints().within('message', 0, id, 10)[0]?.[1];
    const before = print();
    db.exec('ALTER TABLE message DROP COLUMN is_played');
    expect(reader.readRows([rowId(id)])[0]?.hold).toBe(false);
    expect(print()).toBe(before);
    db.exec('UPDATE message SET is_spam = 1');
    expect(print()).not.toBe(before);
  });
});

describe('a chat.db with next to nothing in it', () => {
  it('is read with the columns that it has', () => {
    const small = join(folder, 'small.db');
    const other = new Database(small);
    other.exec(`
      CREATE TABLE message (ROWID INTEGER PRIMARY KEY, guid TEXT, text TEXT, handle_id INTEGER, date INTEGER);
      CREATE TABLE handle (ROWID INTEGER PRIMARY KEY, id TEXT);
      CREATE TABLE chat (ROWID INTEGER PRIMARY KEY, guid TEXT);
      INSERT INTO handle VALUES (1, '${KIM}');
      INSERT INTO chat VALUES (1, 'iMessage;-;${KIM}');
      INSERT INTO message VALUES (1, 'G-1', 'hello', 1, 785000000000000000)`);
    const reader = openMessagesDb(small);
    expect(reader.readAfter(rowId(0), 5)).toMatchObject([
      {
        message: {
          guid: 'G-1',
          text: 'hello',
          sender: KIM,
          chat: { key: `direct:${KIM}` },
          chatResolved: 'handle',
          line: null,
          kind: { kind: 'text' },
        },
        missing: { join: true, body: false },
        hold: false,
      },
    ]);
    expect(reader.databaseId()).toBeNull();
    expect(reader.lastRowId()).toBe(1);
    expect(reader.prints().within('message', 0, 1, 5)).toHaveLength(1);
    expect(reader.prints().within('attachment', 0, 1, 5)).toEqual([]);
    expect(reader.prints().recoverable()).toEqual([]);
    expect(reader.prints().lastJoin('chat_message_join')).toBe(0);
    expect(reader.lastSentAt()).toBeNull();
    expect(reader.openOwnRows(instant(0), 5)).toEqual([]);
    expect(reader.lines()).toEqual([]);
    expect(reader.chatsAfter(0)).toMatchObject([{ rowId: 1, chat: { key: `direct:${KIM}` } }]);
    expect(reader.chats({ before: null, limit: 5, line: null }).items).toHaveLength(1);
    expect(reader.messages({ chat: null, line: null, before: null, limit: 5 }).items).toHaveLength(1);
    reader.close();
    other.close();
  });
});
