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
const LEE = 'lee@example.com';
const LINE = '+15559990000';
const NOON = Date.UTC(2026, 10, 20, 12);

describe.each(ERAS)('rows of a chat.db of macOS %s', (era) => {
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
          attachments: [],
          isAudioMessage: false,
          sentAt: NOON,
          delivery: {
            isSent: false,
            isDelivered: true,
            isRead: false,
            deliveredAt: null,
            readAt: null,
            error: 0,
            wasDowngraded: false,
          },
          editedAt: null,
          revisions: 0,
          unsentParts: [],
          isUnsent: false,
          replyTo: null,
          isRecentlyDeleted: false,
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

  it('counts the revisions of an edit', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'one' });
    now += 60_000;
    writer.edit(id, 'two');
    now += 60_000;
    writer.edit(id, 'three');
    expect(message(id)).toMatchObject({ text: 'three', editedAt: now, revisions: 3, isUnsent: false });
    set(id, 'message_summary_info', Buffer.from('<?xml version="1.0"?><plist/>'));
    expect(message(id)).toMatchObject({ text: 'three', editedAt: now, revisions: 2, isUnsent: false });
  });

  it('tells an unsend from an edit, all of it or in part', () => {
    const whole = writer.insertIncoming({ chat: kim, from: KIM, text: 'regret' });
    writer.unsend(whole.rowId);
    expect(read(whole.rowId)).toMatchObject({
      missing: { body: false },
      message: { isUnsent: true, unsentParts: [0], editedAt: null, revisions: 0, text: null },
    });
    set(whole.rowId, 'message_summary_info', Buffer.from('<?xml version="1.0"?><plist/>'));
    expect(message(whole.rowId)).toMatchObject({ isUnsent: true, revisions: 0 });
    const part = writer.insertIncoming({
      chat: kim,
      from: KIM,
      text: '\uFFFCkept',
      attachments: [{ name: 'a.png', mimeType: 'image/png', size: 1 }],
    });
    writer.unsend(part.rowId, [0]);
    expect(message(part.rowId)).toMatchObject({ isUnsent: false, unsentParts: [0], text: 'kept' });
  });

  it('reads tapbacks with their target, put on and taken off', () => {
    const target = writer.insertIncoming({ chat: kim, from: KIM, text: 'nice' });
    const love = writer.tapback({ chat: kim, by: null, target: target.guid, type: 'love' });
    expect(message(love.rowId).kind).toEqual({
      kind: 'reaction',
      action: 'add',
      reaction: 'love',
      emoji: null,
      target: target.guid,
      part: 0,
    });
    const gone = writer.tapback({ chat: kim, by: null, target: target.guid, type: 'love', remove: true });
    expect(message(gone.rowId).kind).toMatchObject({ kind: 'reaction', action: 'remove', reaction: 'love' });
    for (const [associated, part] of [
      [`bp:${target.guid}`, null],
      [target.guid, null],
      [`p:-1/${target.guid}`, null],
      [`p:12/${target.guid}`, 12],
    ] as const) {
      set(gone.rowId, 'associated_message_guid', associated);
      expect(message(gone.rowId).kind).toMatchObject({ target: target.guid, part });
    }
  });

  it('reads group events with whom they concern', () => {
    const group = writer.ensureChat({
      style: 'group',
      id: 'chat4711',
      name: 'Plans',
      participants: [KIM, LEE],
    });
    const kindOf = (event: Parameters<ChatDbWriter['groupEvent']>[0]) =>
      message(writer.groupEvent(event).rowId).kind;
    const event = (action: string, subject: string | null, title: string | null = null) => ({
      kind: 'group_event',
      action,
      subject,
      title,
    });
    const at = { chat: group, by: KIM };
    expect(kindOf({ ...at, action: 'added', who: 'New@Example.com' })).toEqual(
      event('participant_added', 'new@example.com'),
    );
    expect(kindOf({ ...at, action: 'removed', who: LEE })).toEqual(event('participant_removed', LEE));
    expect(kindOf({ ...at, action: 'renamed', title: 'Party' })).toEqual(event('renamed', null, 'Party'));
    expect(kindOf({ ...at, action: 'photo_changed' })).toEqual(event('photo_changed', null));
    expect(kindOf({ ...at, action: 'photo_removed' })).toEqual(event('photo_changed', null));
    expect(kindOf({ ...at, action: 'left' })).toEqual(event('participant_removed', KIM));
  });

  it('keeps rows whose codes it does not know, with their codes', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'hm' });
    set(id, 'balloon_bundle_id', 'com.apple.messages.Polls');
    expect(message(id).kind).toEqual({ kind: 'app', bundleId: 'com.apple.messages.Polls' });
    for (const code of [1000, 2008, 4000, 5999]) {
      set(id, 'balloon_bundle_id', code === 4000 ? 'com.apple.messages.Polls' : null);
      set(id, 'associated_message_type', code);
      expect(message(id)).toMatchObject({
        text: 'hm',
        kind: { kind: 'unknown', itemType: 0, associatedMessageType: code },
      });
    }
    set(id, 'item_type', 6);
    expect(message(id).kind).toMatchObject({ kind: 'unknown', itemType: 6 });
  });

  it('finds the chat of a message in Recently Deleted', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'bye' });
    writer.moveToRecentlyDeleted(id);
    expect(read(id)).toMatchObject({
      missing: { join: false },
      message: { isRecentlyDeleted: true, chatResolved: 'join', chat: { key: `direct:${KIM}` } },
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

  it('names the thread that a reply belongs to', () => {
    const root = writer.insertIncoming({ chat: kim, from: KIM, text: 'root' });
    const { rowId: id } = writer.insertOutgoing({ chat: kim, text: 'reply', replyTo: root.guid });
    expect(message(id).replyTo).toBe(root.guid);
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
    expect(reader.guidAt(rowId(first))).toBe(message(first).guid);
    expect(reader.guidAt(rowId(99_999))).toBeNull();
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
    const knowsSchedules = era !== '13';
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
