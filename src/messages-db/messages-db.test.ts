import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chatKey, rowId, type Message } from '../domain/index.ts';
import { ChatDbWriter, createChatDb, ERAS, type ChatPlace } from '../simulator/index.ts';
import { openMessagesDb, type MessagesDb } from './messages-db.ts';
import type { ReadMessage } from './to-message.ts';

const KIM = '+15550001111';
const LINE = '+15559990000';
const NOON = Date.UTC(2026, 10, 20, 12);

describe.each(ERAS)('rows of a chat.db of macOS %s', (era) => {
  const isBefore11 = era === '10.13' || era === '10.15';
  let folder: string;
  let db: Database.Database;
  let writer: ChatDbWriter;
  let reader: MessagesDb;
  let kim: ChatPlace;
  let now = NOON;

  beforeEach(() => {
    now = NOON;
    folder = mkdtempSync(join(tmpdir(), 'messages-db-'));
    db = createChatDb(join(folder, 'chat.db'), era, 'IDENTITY');
    writer = new ChatDbWriter(db, { era, line: LINE, now: () => now });
    kim = writer.ensureChat({ style: 'direct', handle: KIM });
    reader = openMessagesDb(join(folder, 'chat.db'));
  });
  afterEach(() => {
    reader.close();
    db.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const read = (id: number): ReadMessage => {
    const [one] = reader.readRows([rowId(id)]);
    if (one === undefined) {
      throw new Error(`row ${id} is not there`);
    }
    return one;
  };
  const message = (id: number): Message => read(id).message;
  const has = (column: string) =>
    db.prepare("SELECT 1 FROM pragma_table_info('message') WHERE name = ?").get(column) !== undefined;
  const set = (id: number, column: string, value: string | number | bigint | Buffer | null) =>
    db.prepare(`UPDATE message SET ${column} = ? WHERE ROWID = ?`).run(value, id);

  it('reads an incoming text with all that the row tells', () => {
    const row = writer.insertIncoming({ chat: kim, from: KIM, text: '\nhello 👋' });
    expect(reader.readAfter(rowId(0), 10)).toEqual([
      {
        message: {
          rowId: row.rowId,
          guid: row.guid,
          chat: { key: `direct:${KIM}`, style: 'direct', identifier: KIM },
          chatResolved: 'join',
          line: LINE,
          isFromMe: false,
          sender: KIM,
          service: 'iMessage',
          kind: { kind: 'text' },
          text: '\nhello 👋',
          bodyStatus: expect.stringMatching(/^(?:text|decoded)$/u),
          subject: null,
          parts: [{ type: 'text', index: 0, text: '\nhello 👋', runs: [] }],
          attachments: [],
          audio: null,
          sentAt: NOON,
          delivery: {
            isSent: false,
            isDelivered: true,
            isRead: false,
            deliveredAt: null,
            readAt: null,
            error: 0,
            wasDowngraded: false,
            wasDeliveredQuietly: false,
            didNotifyRecipient: false,
          },
          editedAt: null,
          revisions: 0,
          history: [],
          unsentParts: [],
          isUnsent: false,
          replyTo: null,
          effect: null,
          translations: [],
          schedule: null,
          filtering: { isSpam: false, chat: 'known', action: 'none' },
          isRecentlyDeleted: false,
          deletedAt: null,
          replayOf: null,
        },
        missing: { join: false, body: false },
        hold: false,
      },
    ]);
  });

  it('follows an own row from its birth to its reading', () => {
    const { rowId: id } = writer.insertOutgoing({ chat: kim, text: 'on my way' });
    expect(message(id)).toMatchObject({ isFromMe: true, sender: null, line: LINE, text: 'on my way' });
    expect(message(id).delivery).toMatchObject({ isSent: false, isDelivered: false });
    writer.markSent(id);
    expect(message(id).delivery.isSent).toBe(true);
    now += 2000;
    writer.markDelivered(id);
    expect(message(id).delivery).toMatchObject({ isDelivered: true, deliveredAt: now, readAt: null });
    now += 2000;
    writer.markRead(id);
    expect(message(id).delivery).toMatchObject({ isRead: true, readAt: now });
  });

  it('shows a failure with its code, and the fall back to a text message', () => {
    const { rowId: id } = writer.insertOutgoing({ chat: kim, text: 'x' });
    writer.fail(id, 22);
    expect(message(id).delivery).toMatchObject({ isSent: false, error: 22 });
    writer.downgrade(id);
    expect(message(id)).toMatchObject({ service: 'SMS', delivery: { wasDowngraded: true } });
  });

  it('shows a row before its chat is joined, with the chat that its sender stands for', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'early', join: 'late' });
    expect(read(id).missing).toEqual({ join: true, body: false });
    expect(message(id)).toMatchObject({ chatResolved: 'handle', chat: { key: `direct:${KIM}` }, line: LINE });
    set(id, 'cache_roomnames', 'chat77');
    expect(message(id)).toMatchObject({ chatResolved: 'handle', chat: { key: 'group:chat77' } });
    writer.joinLater(id);
    expect(read(id).missing.join).toBe(false);
    expect(message(id)).toMatchObject({ chatResolved: 'join', chat: { key: `direct:${KIM}` } });
  });

  it('shows a row before its body, and does not wait for one that will not come', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'later', body: 'late' });
    expect(read(id)).toMatchObject({ missing: { body: true }, message: { text: null, bodyStatus: 'none' } });
    writer.fillBody(id, 'here it is');
    expect(read(id)).toMatchObject({ missing: { body: false }, message: { text: 'here it is' } });
    set(id, 'text', null);
    set(id, 'attributedBody', null);
    expect(read(id).missing.body).toBe(true);
    for (const [column, value] of [
      ['is_empty', 1],
      ['item_type', 2],
      ['balloon_bundle_id', 'com.apple.messages.URLBalloonProvider'],
      ['cache_has_attachments', 1],
      ['date_retracted', 785_000_000_000_000_000n],
    ] as const) {
      if (!has(column)) {
        continue;
      }
      set(id, column, value);
      expect(read(id).missing.body).toBe(false);
      set(id, column, 0);
      set(id, 'balloon_bundle_id', null);
    }
  });

  it('says of a row without chat, sender and body that it has none of them', () => {
    const { rowId: id } = writer.insertGhost('chat123456789');
    expect(read(id)).toMatchObject({
      missing: { join: true, body: true },
      message: { isFromMe: true, sender: null, chat: { key: 'group:chat123456789' } },
    });
    set(id, 'handle_id', 0);
    expect(message(id)).toMatchObject({ chat: null, chatResolved: 'handle' });
  });

  it('salvages a damaged body and gives up on one without a text', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'whole text' });
    const { attributedBody: body } = db
      .prepare<[number], { attributedBody: Buffer }>('SELECT attributedBody FROM message WHERE ROWID = ?')
      .get(id) ?? { attributedBody: Buffer.alloc(0) };
    set(id, 'text', null);
    set(id, 'attributedBody', body.subarray(0, body.length - 20));
    expect(message(id)).toMatchObject({ text: 'whole text', bodyStatus: 'salvaged' });
    set(id, 'attributedBody', Buffer.from('nothing of use'));
    expect(read(id)).toMatchObject({
      missing: { body: false },
      message: { text: null, bodyStatus: 'undecodable' },
    });
  });

  it('takes placeholders out of the text of a message with files, and lists the files in their order', () => {
    const { rowId: id } = writer.insertIncoming({
      chat: kim,
      from: KIM,
      text: 'before \uFFFC between \uFFFC after',
      attachments: [
        { name: 'one.heic', mimeType: null, size: 1200 },
        { name: 'two.caf', mimeType: null, size: 50, state: 0 },
      ],
    });
    expect(message(id)).toMatchObject({
      text: 'before  between  after',
      attachments: [
        { filename: 'one.heic', mimeType: 'image/heic', size: 1200, transferState: 5, isSticker: false },
        { filename: 'two.caf', mimeType: 'audio/x-caf', size: 50, transferState: 0 },
      ],
    });
  });

  it('gives a message of files alone no text, and leaves out what belongs to a preview', () => {
    const { rowId: id } = writer.insertIncoming({
      chat: kim,
      from: KIM,
      text: '',
      attachments: [
        { name: 'photo.jpg', mimeType: 'image/jpeg', size: 1 },
        { name: 'x.pluginPayloadAttachment', mimeType: null, size: 1 },
      ],
    });
    expect(read(id).missing.body).toBe(false);
    expect(message(id).text).toBeNull();
    expect(message(id).attachments.map((one) => one.filename)).toEqual(['photo.jpg']);
  });

  it('keeps a placeholder that somebody typed', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'plain' });
    set(id, 'text', 'a \uFFFC b');
    expect(message(id).text).toBe('a \uFFFC b');
  });

  it('finds the chat of a message in Recently Deleted', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'bye' });
    if (!has('date_edited')) {
      return;
    }
    now += 1000;
    writer.moveToRecentlyDeleted(id);
    expect(read(id)).toMatchObject({
      missing: { join: false },
      message: {
        isRecentlyDeleted: true,
        deletedAt: now,
        chatResolved: 'join',
        chat: { key: `direct:${KIM}` },
      },
    });
  });

  it('takes the line from the row, else from the chat, else from the account', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'x' });
    set(id, 'destination_caller_id', 'tel:+15550002222');
    expect(message(id).line).toBe('+15550002222');
    set(id, 'destination_caller_id', '');
    expect(message(id).line).toBe(LINE);
    db.exec('UPDATE chat SET last_addressed_handle = NULL');
    set(id, 'account', 'E:Me@Example.com');
    expect(message(id).line).toBe('me@example.com');
    set(id, 'account', 'e:');
    expect(message(id).line).toBe(LINE);
    db.exec('UPDATE chat SET account_login = NULL');
    expect(message(id).line).toBeNull();
  });

  it('reads old seconds beside nanoseconds, and no date from nonsense', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'x' });
    set(id, 'date', 471_052_800);
    set(id, 'date_read', 2n ** 63n - 1n);
    expect(message(id)).toMatchObject({ sentAt: Date.UTC(2015, 11, 6), delivery: { readAt: null } });
    set(id, 'date', 0);
    expect(message(id).sentAt).toBe(0);
  });

  it('names the thread that a reply belongs to, where this macOS has replies', () => {
    const root = writer.insertIncoming({ chat: kim, from: KIM, text: 'root' });
    const { rowId: id } = writer.insertOutgoing({ chat: kim, text: 'reply', replyTo: root.guid });
    expect(message(id).replyTo?.guid).toBe(isBefore11 ? undefined : root.guid);
    const stored = [
      ['2:109:158', { part: 2, start: 109, length: 158 }],
      ['18446744073709551615:0:3', { part: null, start: 0, length: 3 }],
      ['-1:0:3', { part: null, start: 0, length: 3 }],
      ['', { part: null, start: null, length: null }],
    ] as const;
    for (const [range, target] of isBefore11 ? [] : stored) {
      set(id, 'thread_originator_part', range);
      expect(message(id).replyTo).toEqual({ guid: root.guid, ...target });
    }
  });

  it('reads what it is asked for, ascending, and misses nothing else', () => {
    const ids = Array.from({ length: 7 }, (_, n) =>
      writer.insertIncoming({ chat: kim, from: KIM, text: `text ${n}` }),
    ).map((row) => row.rowId);
    const [first = 0, second = 0, third = 0] = ids;
    expect(reader.readAfter(rowId(first), 2).map((one) => one.message.rowId)).toEqual([second, third]);
    const wanted = [third, 99_999, first].map((id) => rowId(id));
    expect(reader.readRows(wanted).map((one) => one.message.rowId)).toEqual([first, third]);
    expect(reader.readRows([])).toEqual([]);
    expect(reader.lastRowId()).toBe(ids.at(-1));
    expect(reader.maxChatRowId()).toBe(kim.rowId);
    expect(reader.databaseId()).toBe('IDENTITY');
    expect(reader.position(rowId(first))).toEqual({
      databaseId: 'IDENTITY',
      guid: message(first).guid,
      lastRowId: ids.at(-1),
      lastChatRowId: kim.rowId,
    });
    expect(reader.position(rowId(first)).guid).toBe(message(first).guid);
    expect(reader.position(rowId(99_999)).guid).toBeNull();
    expect(reader.chat(chatKey('direct', KIM))?.lastMessageAt).toBe(NOON);
  });

  it('writes nothing and lets Messages checkpoint', () => {
    writer.insertIncoming({ chat: kim, from: KIM, text: 'x' });
    reader.readAfter(rowId(0), 10);
    const [result] = db.prepare<[], { busy: number }>('PRAGMA wal_checkpoint(TRUNCATE)').all();
    expect(result?.busy).toBe(0);
  });

  it('holds back what is scheduled until it has left', () => {
    const { rowId: id } = writer.insertOutgoing({ chat: kim, text: 'tomorrow' });
    const knowsSchedules = has('schedule_type');
    const schedule = (state: number) => {
      if (knowsSchedules) {
        set(id, 'schedule_type', 2);
        set(id, 'schedule_state', state);
      }
      return read(id).hold;
    };
    expect(schedule(1)).toBe(knowsSchedules);
    expect(schedule(2)).toBe(knowsSchedules);
    expect(schedule(3)).toBe(false);
  });
});
