import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { KIM } from '../../test/support/message.ts';
import { ChatDbWriter, createChatDb, ERAS, type ChatPlace } from '../simulator/index.ts';
import { openMessagesDb, type MessagesDb } from './messages-db.ts';
import { contentOf, flagsOf, PRINT_FLAGS } from './print-expression.ts';

const LINE = '+15559990000';
/** Messages of macOS 10.13 to 12 know no edits. */
const isBeforeEdits = (era: string) => ['10.13', '10.15', '12'].includes(era);

describe.each(ERAS)('prints of era %s', (era) => {
  let folder: string;
  let db: Database.Database;
  let writer: ChatDbWriter;
  let reader: MessagesDb;
  let chat: ChatPlace;
  let now = Date.UTC(2026, 10, 20, 12);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'prints-'));
    db = createChatDb(join(folder, 'chat.db'), era);
    writer = new ChatDbWriter(db, { era, line: LINE, now: () => now });
    chat = writer.ensureChat({ style: 'direct', handle: KIM });
    reader = openMessagesDb(join(folder, 'chat.db'));
  });
  afterEach(() => {
    reader.close();
    db.close();
    rmSync(folder, { recursive: true });
  });

  const print = (id: number) => reader.prints().within('message', id - 1, id, 10)[0]?.[1] ?? 0;

  it('say what flags a row has', () => {
    const { rowId } = writer.insertOutgoing({ chat, text: 'mine' });
    const flags = (...names: (keyof typeof PRINT_FLAGS)[]) =>
      names.reduce((sum, name) => sum + PRINT_FLAGS[name], 0);
    expect(flagsOf(print(rowId))).toBe(flags('present'));
    writer.markSent(rowId);
    expect(flagsOf(print(rowId))).toBe(flags('present', 'sent'));
    writer.markDelivered(rowId);
    expect(flagsOf(print(rowId))).toBe(flags('present', 'sent', 'delivered'));
    writer.markRead(rowId);
    expect(flagsOf(print(rowId))).toBe(flags('present', 'sent', 'delivered', 'read'));
    writer.fail(rowId, 22);
    expect(flagsOf(print(rowId)) & PRINT_FLAGS.failed).toBe(PRINT_FLAGS.failed);
  });

  it('differ after each change that is told, and only then', () => {
    const theirs = writer.insertIncoming({ chat, from: KIM, text: 'x', join: 'late', body: 'late' }).rowId;
    const own = writer.insertOutgoing({ chat, text: 'mine' }).rowId;
    const set = (sql: string) => () => db.exec(`UPDATE message SET ${sql} WHERE ROWID = ${own}`);
    const changes: readonly (readonly [string, () => unknown, 'content' | 'status' | 'neither'])[] = [
      ['late body', () => writer.fillBody(theirs, 'text'), 'content'],
      ['read', () => writer.ownerReads(theirs), 'status'],
      ['sent', () => writer.markSent(own), 'status'],
      ['failed', () => writer.fail(own, 22), 'status'],
      ['failed otherwise', () => writer.fail(own, 25), 'status'],
      ['preview', set("payload_data = x'00'"), 'content'],
      ['voice message', set('is_audio_message = 1'), 'content'],
      ['expired', set('expire_state = 2'), 'content'],
      ['group event', set('item_type = 2'), 'content'],
      ['index state', set('ck_sync_state = 3'), 'neither'],
      ['another unread count', set('version = 11'), 'neither'],
    ];
    for (const [name, change, kind] of changes) {
      const before = [print(theirs), print(own)];
      now += 1000;
      change();
      const after = [print(theirs), print(own)];
      const isContentOther = before.some((one, index) => contentOf(one) !== contentOf(after[index] ?? 0));
      expect([name, after.join() !== before.join(), isContentOther]).toEqual([
        name,
        kind !== 'neither',
        kind === 'content',
      ]);
    }
  });

  it('differ after each edit, also one of equal length', () => {
    if (isBeforeEdits(era)) {
      return;
    }
    const { rowId } = writer.insertIncoming({ chat, from: KIM, text: 'one' });
    const seen = new Set([print(rowId)]);
    for (const text of ['two', 'six', 'ten']) {
      now += 1000;
      writer.edit(rowId, text);
      seen.add(print(rowId));
    }
    expect(seen.size).toBe(4);
    expect(flagsOf(print(rowId)) & PRINT_FLAGS.changed).toBe(PRINT_FLAGS.changed);
  });

  it('are integers that a double holds, whatever stands in the row', () => {
    const { rowId } = writer.insertIncoming({ chat, from: KIM, text: 'x' });
    for (const value of [
      '9223372036854775807',
      '-9223372036854775808',
      '1e300',
      "'words'",
      "x'ff'",
      'NULL',
    ]) {
      db.exec(
        `UPDATE message SET error = ${value}, date_read = ${value}, date_played = ${value}, item_type = ${value},
           expire_state = ${value}, text = ${value} WHERE ROWID = ${rowId}`,
      );
      const value2 = print(rowId);
      expect(Number.isSafeInteger(value2) && value2 > 0).toBe(true);
    }
  });

  it('of attachments tell which files are on the disk', () => {
    const { rowId } = writer.insertIncoming({
      chat,
      from: KIM,
      text: 'a picture',
      attachments: [{ name: 'a.png', mimeType: null, size: 1, guid: 'FILE', state: 0 }],
    });
    const [before] = reader.prints().within('attachment', 0, 100, 10);
    writer.setTransferState('FILE', 5);
    const [after] = reader.prints().within('attachment', 0, 100, 10);
    expect([flagsOf(before?.[1] ?? 0), flagsOf(after?.[1] ?? 0)]).toEqual([
      PRINT_FLAGS.present,
      PRINT_FLAGS.present + PRINT_FLAGS.sent,
    ]);
    expect(reader.prints().messagesOf([after?.[0] ?? 0])).toEqual([{ rowId, guid: 'FILE' }]);
  });

  it('can be read from the newest row down, and the joins by their own ROWIDs', () => {
    const ids = ['a', 'b', 'c'].map((text) => writer.insertIncoming({ chat, from: KIM, text }).rowId);
    const queries = reader.prints();
    expect(queries.below('message', 1e9, 2).map(([id]) => id)).toEqual(ids.toReversed().slice(0, 2));
    expect(queries.lastRow('message')).toBe(ids.at(-1));
    const joins = queries.joinsAfter('chat_message_join', 0, 10);
    expect(joins.map(([, message]) => message)).toEqual(ids);
    expect(queries.lastJoin('chat_message_join')).toBe(joins.at(-1)?.[0]);
    expect(queries.guids(0, 1e9).map((row) => row.rowId)).toEqual(ids);
    expect([...queries.roots(['message', 'chat', 'nothing']).keys()].toSorted()).toEqual(['chat', 'message']);
  });
});
