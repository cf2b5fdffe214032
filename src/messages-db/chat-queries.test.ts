import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatKey, handle, type ChatKey, type Handle } from '../domain/index.ts';
import { ChatDbWriter, createChatDb, type Era } from '../simulator/index.ts';
import type { ChatCursor } from './chat-queries.ts';
import type { MessageCursor } from './message-pages.ts';
import { openMessagesDb, type MessagesDb } from './messages-db.ts';

const KIM = '+15550001111';
const LEE = 'lee@example.com';
const LINE = '+15559990000';
const NOON = Date.UTC(2026, 10, 20, 12);

let folder: string;
let db: Database.Database;
let writer: ChatDbWriter;
let reader: MessagesDb;
let now: number;

function begin(era: Era): void {
  db = createChatDb(join(folder, 'chat.db'), era);
  writer = new ChatDbWriter(db, { era, line: LINE, now: () => now });
  reader = openMessagesDb(join(folder, 'chat.db'));
}
beforeEach(() => {
  now = NOON;
  folder = mkdtempSync(join(tmpdir(), 'messages-db-'));
});
afterEach(() => {
  reader.close();
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

const direct = (who: string, service = 'iMessage') =>
  writer.ensureChat({ style: 'direct', handle: who, service });
const text = (who: string, words: string, service = 'iMessage') => {
  now += 1000;
  return writer.insertIncoming({ chat: direct(who, service), from: who, text: words, service });
};
const allChats = (limit: number, line: Handle | null = null) => {
  const keys: ChatKey[] = [];
  let before: ChatCursor | null = null;
  for (;;) {
    const { items } = reader.chats({ before, limit, line });
    keys.push(...items.map(({ chat }) => chat.key));
    before = items.at(-1)?.cursor ?? null;
    if (before === null) {
      return keys;
    }
  }
};
const allTexts = (limit: number, filter: { chat?: ChatKey; line?: Handle } = {}) => {
  const texts: (string | null)[] = [];
  let before: MessageCursor | null = null;
  for (;;) {
    const page = { chat: filter.chat ?? null, line: filter.line ?? null, before, limit };
    const { items } = reader.messages(page);
    texts.push(...items.map(({ message }) => message.text));
    before = items.at(-1)?.cursor ?? null;
    if (before === null) {
      return texts;
    }
  }
};

describe('chats', () => {
  it('are one for a person who has a row for each service, named by the row used last', () => {
    begin('15');
    text(KIM, 'blue');
    text(KIM, 'green', 'SMS');
    expect(reader.chat(chatKey('direct', KIM))).toEqual({
      key: `direct:${KIM}`,
      style: 'direct',
      identifier: KIM,
      guid: `SMS;-;${KIM}`,
      service: 'SMS',
      displayName: null,
      participants: [KIM],
      lastMessageAt: now,
      line: LINE,
    });
    text(KIM, 'blue again');
    expect(reader.chat(chatKey('direct', KIM))?.guid).toBe(`iMessage;-;${KIM}`);
    expect(allChats(10)).toEqual([`direct:${KIM}`]);
    expect(allTexts(2, { chat: chatKey('direct', KIM) })).toEqual(['blue again', 'green', 'blue']);
  });

  it('have their members, their name, and the guid of macOS 26', () => {
    begin('26');
    writer.ensureChat({ style: 'group', id: 'chat4711', name: 'Plans', participants: [KIM, LEE] });
    expect(reader.chat(chatKey('group', 'chat4711'))).toMatchObject({
      guid: 'any;+;chat4711',
      displayName: 'Plans',
      participants: [KIM, LEE],
      lastMessageAt: null,
    });
    expect(reader.chat(chatKey('direct', 'chat4711'))).toBeNull();
    expect(reader.chat(chatKey('direct', LEE))).toBeNull();
  });

  it('are listed by their newest activity, page by page, each once', () => {
    begin('26');
    const people = Array.from({ length: 9 }, (_, n) => `+1555000100${n}`);
    for (const person of people) {
      text(person, 'hi');
    }
    direct(LEE);
    text(people[3] ?? '', 'again');
    const expected = [people[3], ...people.toReversed().filter((one) => one !== people[3]), LEE];
    for (const limit of [1, 3, 50]) {
      expect(allChats(limit)).toEqual(expected.map((one) => `direct:${one}`));
    }
  });

  it('are found after a ROWID, a new row of a known person with all of the chat', () => {
    begin('15');
    text(KIM, 'one');
    const known = reader.maxChatRowId();
    expect(reader.chatsAfter(known)).toEqual([]);
    text(LEE, 'two');
    text(KIM, 'three', 'SMS');
    expect(
      reader.chatsAfter(known).map(({ rowId, chat, isFirst }) => [rowId - known, chat.guid, isFirst]),
    ).toEqual([
      [1, `iMessage;-;${LEE}`, true],
      [2, `SMS;-;${KIM}`, false],
    ]);
    expect(reader.chatKeys().toSorted()).toEqual([`direct:${KIM}`, `direct:${LEE}`]);
  });

  it('know the one member of a direct chat before it is joined', () => {
    begin('26');
    db.exec(`INSERT INTO chat (guid, style, chat_identifier) VALUES ('any;-;${LEE}', 45, '${LEE}')`);
    expect(reader.chat(chatKey('direct', LEE))?.participants).toEqual([LEE]);
  });

  it('have a date where the join has none', () => {
    begin('13');
    text(KIM, 'one');
    db.exec('UPDATE chat_message_join SET message_date = 0');
    expect(reader.chat(chatKey('direct', KIM))?.lastMessageAt).toBe(now);
    text(KIM, 'two');
    expect(allTexts(1, { chat: chatKey('direct', KIM) })).toEqual(['two', 'one']);
  });
});

describe('pages of messages', () => {
  it('go from the newest date to the oldest, also where ROWIDs do not', () => {
    begin('26');
    text(KIM, 'second');
    text(LEE, 'third');
    writer.insertIncoming({ chat: direct(KIM), from: KIM, text: 'first', date: NOON - 1000 });
    for (const limit of [1, 2, 10]) {
      expect(allTexts(limit)).toEqual(['third', 'second', 'first']);
      expect(allTexts(limit, { chat: chatKey('direct', KIM) })).toEqual(['second', 'first']);
    }
  });

  it('lose no row among those that share a date, or lie nanoseconds apart', () => {
    begin('26');
    for (let n = 0; n < 12; n += 1) {
      text(KIM, `text ${n}`);
    }
    db.exec('UPDATE message SET date = 785000000123456000 + ROWID / 3');
    const expected = Array.from({ length: 12 }, (_, n) => `text ${11 - n}`);
    for (const limit of [1, 2, 5]) {
      expect(allTexts(limit)).toEqual(expected);
      expect(allTexts(limit, { chat: chatKey('direct', KIM) })).toEqual(expected);
    }
    const [first] = reader.messages({ chat: null, line: null, before: null, limit: 1 }).items;
    expect(first?.cursor.date).toBe('785000000123456004');
  });

  it('are those of one line, however its address is written, and however many others lie between', () => {
    begin('26');
    const wanted = [text(KIM, 'a'), text(KIM, 'b')];
    db.transaction(() => {
      for (let n = 0; n < 1200; n += 1) {
        text(LEE, 'other');
      }
    })();
    const last = text(KIM, 'c');
    db.exec("UPDATE message SET destination_caller_id = 'Other@example.com'");
    const own = db.prepare<[string | null, number]>(
      'UPDATE message SET destination_caller_id = ? WHERE ROWID = ?',
    );
    own.run(`tel:${LINE}`, wanted[0]?.rowId ?? 0);
    own.run(LINE, wanted[1]?.rowId ?? 0);
    own.run(null, last.rowId);
    expect(allTexts(2, { line: handle(LINE) })).toEqual(['c', 'b', 'a']);
    expect(allTexts(2, { line: handle('nobody@example.com') })).toEqual([]);
    expect(allTexts(500, { line: handle('other@example.com') })).toHaveLength(1200);
  });
});

describe('lines', () => {
  it('are the addresses that own rows were sent from, the last used first', () => {
    begin('26');
    const send = (line: string) => {
      now += 1000;
      const { rowId } = writer.insertOutgoing({ chat: direct(KIM), text: 'x', sent: true });
      db.prepare('UPDATE message SET destination_caller_id = ? WHERE ROWID = ?').run(line, rowId);
      return now;
    };
    text(KIM, 'from somebody else');
    const first = send(LINE);
    const second = send('E:Me@example.com');
    expect(reader.lines()).toEqual([
      { handle: 'me@example.com', lastUsedAt: second },
      { handle: LINE, lastUsedAt: first },
    ]);
    const third = send(`tel:${LINE}`);
    expect(reader.lines()).toEqual([
      { handle: LINE, lastUsedAt: third },
      { handle: 'me@example.com', lastUsedAt: second },
    ]);
  });

  it('are those that chats name while nothing was sent yet', () => {
    begin('26');
    text(KIM, 'hello');
    expect(reader.lines()).toEqual([{ handle: LINE, lastUsedAt: null }]);
    db.exec("UPDATE chat SET last_addressed_handle = '', account_login = 'E:me@example.com'");
    expect(reader.lines()).toEqual([{ handle: 'me@example.com', lastUsedAt: null }]);
  });
});
