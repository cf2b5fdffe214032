import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatDbWriter } from './chat-db-writer.ts';
import { createChatDb, ERAS, isSince, type Era } from './era-schema.ts';

const LINE = '+15550009999';
const KIM = '+15550001001';

let folder = '';
let db: Database.Database;
const open = (era: Era): ChatDbWriter => {
  db = createChatDb(join(folder, `${era}.db`), era);
  return new ChatDbWriter(db, { era, line: LINE, now: () => Date.UTC(2026, 0, 1) });
};
const rowOf = (rowId: number) =>
  db.prepare<[number], Record<string, unknown>>('SELECT * FROM message WHERE ROWID = ?').get(rowId) ?? {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-writer-'));
});
afterEach(() => {
  db.close();
  rmSync(folder, { recursive: true, force: true });
});

describe.each(ERAS)('on macOS %s', (era) => {
  it('names chats as that macOS does', () => {
    const writer = open(era);
    expect(writer.ensureChat({ style: 'direct', handle: KIM }).guid).toBe(
      `${isSince(era, 26) ? 'any' : 'iMessage'};-;${KIM}`,
    );
    expect(writer.ensureChat({ style: 'group', id: 'chat12', name: 'Crew', participants: [KIM] }).guid).toBe(
      `${isSince(era, 26) ? 'any' : 'iMessage'};+;chat12`,
    );
  });

  it('leaves text NULL on own rows from macOS 14 on, and always writes the body', () => {
    const writer = open(era);
    const chat = writer.ensureChat({ style: 'direct', handle: KIM });
    const row = rowOf(writer.insertOutgoing({ chat, text: 'hello' }).rowId);
    expect(row['text']).toBe(isSince(era, 14) ? null : 'hello');
    expect(row['attributedBody']).toBeInstanceOf(Buffer);
    expect(row).toMatchObject({ is_from_me: 1, is_sent: 0, destination_caller_id: LINE });
  });

  it('keeps only the last tapback of a person on a part', () => {
    const writer = open(era);
    const chat = writer.ensureChat({ style: 'direct', handle: KIM });
    const target = writer.insertOutgoing({ chat, text: 'hello' });
    const love = writer.tapback({ chat, by: KIM, target: target.guid, type: 'love' });
    const like = writer.tapback({ chat, by: KIM, target: target.guid, type: 'like' });
    expect(rowOf(love.rowId)).toEqual({});
    expect(rowOf(like.rowId)).toMatchObject({
      associated_message_type: 2001,
      associated_message_guid: `p:0/${target.guid}`,
    });
    const removal = writer.tapback({ chat, by: KIM, target: target.guid, type: 'like', remove: true });
    expect(rowOf(like.rowId)).toEqual({});
    expect(rowOf(removal.rowId)).toMatchObject({ associated_message_type: 3001 });
  });

  it('empties text and lists the versions when a row is edited, and empties everything when it is unsent', () => {
    const writer = open(era);
    const chat = writer.ensureChat({ style: 'direct', handle: KIM });
    const { rowId } = writer.insertIncoming({ chat, from: KIM, text: 'one' });
    writer.edit(rowId, 'two');
    expect(rowOf(rowId)['text']).toBeNull();
    expect(Number(rowOf(rowId)['date_edited'] ?? 0) > 0).toBe(isSince(era, 13));
    expect(String(rowOf(rowId)['attributedBody'])).toContain('two');
    writer.unsend(rowId);
    expect(rowOf(rowId)).toMatchObject({ text: null, attributedBody: null, is_empty: 1 });
    expect(rowOf(rowId)['part_count']).toBe(isSince(era, 13) ? 0 : undefined);
  });

  it('sets the chat and the body of a late row afterwards', () => {
    const writer = open(era);
    const chat = writer.ensureChat({ style: 'group', id: 'chat12', name: null, participants: [KIM] });
    const { rowId } = writer.insertIncoming({ chat, from: KIM, text: 'x', join: 'late', body: 'late' });
    expect(rowOf(rowId)).toMatchObject({ text: null, attributedBody: null, cache_roomnames: null });
    writer.joinLater(rowId);
    writer.fillBody(rowId, 'there');
    expect(rowOf(rowId)['cache_roomnames']).toBe('chat12');
    expect(String(rowOf(rowId)['attributedBody'])).toContain('there');
  });

  it('keeps a row that moves to Recently Deleted (macOS 13 on), and notes the guid of one that goes for good', () => {
    const writer = open(era);
    const chat = writer.ensureChat({ style: 'direct', handle: KIM });
    const kept = writer.insertIncoming({ chat, from: KIM, text: 'kept' });
    const gone = writer.insertIncoming({ chat, from: KIM, text: 'gone' });
    writer.moveToRecentlyDeleted(kept.rowId);
    writer.remove(gone.rowId);
    const hasRecentlyDeleted = isSince(era, 13);
    expect(rowOf(kept.rowId)['guid']).toBe(hasRecentlyDeleted ? kept.guid : undefined);
    const recoverable = hasRecentlyDeleted
      ? db.prepare('SELECT message_id FROM chat_recoverable_message_join').pluck().all()
      : [];
    expect(recoverable).toEqual(hasRecentlyDeleted ? [kept.rowId] : []);
    expect(db.prepare('SELECT guid FROM deleted_messages').pluck().all()).toEqual(
      hasRecentlyDeleted ? [gone.guid] : [kept.guid, gone.guid],
    );
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  });

  it('tells who was removed from a group, although they are gone from it', () => {
    const writer = open(era);
    const chat = writer.ensureChat({
      style: 'group',
      id: 'chat12',
      name: 'A',
      participants: [KIM, 'a@b.io'],
    });
    const row = rowOf(writer.groupEvent({ chat, by: KIM, action: 'removed', who: 'a@b.io' }).rowId);
    expect(row).toMatchObject({ item_type: 1, group_action_type: 1 });
    expect(
      db.prepare<[unknown], { id: string }>('SELECT id FROM handle WHERE ROWID = ?').get(row['other_handle']),
    ).toEqual({ id: 'a@b.io' });
    expect(writer.places.participants(chat.rowId)).toEqual([KIM]);
  });

  it('never gives two rows of one moment the same date', () => {
    const writer = open(era);
    const chat = writer.ensureChat({ style: 'direct', handle: KIM });
    for (let index = 0; index < 3; index += 1) {
      writer.insertIncoming({ chat, from: KIM, text: 'x' });
    }
    expect(db.prepare('SELECT count(DISTINCT date) FROM message').pluck().get()).toBe(3);
  });

  it('writes dates in nanoseconds since 2001, and those of attachments in seconds', () => {
    const writer = open(era);
    const chat = writer.ensureChat({ style: 'direct', handle: KIM });
    const date = Date.UTC(2026, 0, 1);
    const { rowId } = writer.insertIncoming({
      chat,
      from: KIM,
      text: '',
      date,
      attachments: [{ name: 'a.png', mimeType: 'image/png', size: 7 }],
    });
    const seconds = date / 1000 - 978_307_200;
    expect(rowOf(rowId)).toMatchObject({ date: seconds * 1e9, cache_has_attachments: 1 });
    expect(db.prepare('SELECT created_date FROM attachment').pluck().get()).toBe(seconds);
  });
});
