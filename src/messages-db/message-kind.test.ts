import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { rowId, type Message } from '../domain/index.ts';
import { ChatDbWriter, createChatDb, ERAS, type ChatPlace } from '../simulator/index.ts';
import { openMessagesDb, type MessagesDb } from './messages-db.ts';
import type { ReadMessage } from './to-message.ts';

const KIM = '+15550001111';
const LEE = 'lee@example.com';
const LINE = '+15559990000';
const NOON = Date.UTC(2026, 10, 20, 12);

describe.each(ERAS)('what rows are, in a chat.db of macOS %s', (era) => {
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

  it('counts the revisions of an edit', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'one' });
    now += 60_000;
    writer.edit(id, 'two');
    now += 60_000;
    writer.edit(id, 'three');
    expect(message(id)).toMatchObject({
      text: 'three',
      editedAt: now,
      revisions: 3,
      isUnsent: false,
      history: [
        {
          part: 0,
          revisions: [
            { at: NOON, text: 'one' },
            { at: NOON + 60_000, text: 'two' },
            { at: now, text: 'three' },
          ],
        },
      ],
    });
    if (!has('date_edited')) {
      return;
    }
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
    expect(message(whole.rowId).parts).toEqual([{ type: 'unsent', index: 0 }]);
    // Without a summary it is the date that tells, which came with macOS 13.
    set(whole.rowId, 'message_summary_info', Buffer.from('<?xml version="1.0"?><plist/>'));
    expect(message(whole.rowId)).toMatchObject({ isUnsent: has('date_edited'), revisions: 0 });
    const part = writer.insertIncoming({
      chat: kim,
      from: KIM,
      text: '\uFFFCkept',
      attachments: [{ name: 'a.png', mimeType: 'image/png', size: 1 }],
    });
    writer.unsend(part.rowId, [0]);
    expect(message(part.rowId)).toMatchObject({ isUnsent: false, unsentParts: [0], text: 'kept' });
    expect(message(part.rowId).parts).toEqual([
      { type: 'unsent', index: 0 },
      { type: 'text', index: 1, text: 'kept', runs: [] },
    ]);
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
    expect(kindOf({ ...at, action: 'photo_removed' })).toEqual(event('photo_removed', null));
    expect(kindOf({ ...at, action: 'left' })).toEqual(event('participant_left', KIM));
  });

  it('keeps rows whose codes it does not know, with their codes', () => {
    const { rowId: id } = writer.insertIncoming({ chat: kim, from: KIM, text: 'hm' });
    set(id, 'balloon_bundle_id', 'com.apple.messages.Polls');
    expect(message(id).kind).toEqual({
      kind: 'app',
      bundleId: 'com.apple.messages.Polls',
      content: { type: 'missing' },
    });
    set(id, 'payload_data', Buffer.from('no archive'));
    expect(message(id).kind).toMatchObject({ kind: 'app', content: { type: 'undecodable' } });
    for (const code of [1000, 2008, 4000, 5999]) {
      set(id, 'associated_message_type', code);
      expect(message(id)).toMatchObject({
        text: 'hm',
        kind: { kind: 'unknown', itemType: 0, associatedMessageType: code },
      });
    }
    set(id, 'item_type', 7);
    expect(message(id).kind).toMatchObject({ kind: 'unknown', itemType: 7 });
  });
});
