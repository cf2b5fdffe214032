import type Database from 'better-sqlite3';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openMessagesDb, type MessagesDb } from '../messages-db/index.ts';
import { createChatDb } from '../simulator/index.ts';
import { JoinTail } from './joins.ts';

let folder: string;
let db: Database.Database;
let reader: MessagesDb;
let tail: JoinTail;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'joins-'));
  db = createChatDb(join(folder, 'chat.db'), '26');
  db.pragma('foreign_keys = OFF');
  reader = openMessagesDb(join(folder, 'chat.db'));
  tail = new JoinTail('chat_message_join', 0);
});
afterEach(() => {
  reader.close();
  db.close();
  rmSync(folder, { recursive: true });
});

const joinMessages = (...ids: number[]) => {
  for (const id of ids) {
    db.prepare('INSERT INTO chat_message_join (chat_id, message_id, message_date) VALUES (1, ?, 1)').run(id);
  }
};
const part = (...ids: number[]) => {
  db.prepare('DELETE FROM chat_message_join WHERE message_id IN (SELECT value FROM json_each(?))').run(
    JSON.stringify(ids),
  );
};
const look = () => tail.look(reader.prints());
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('JoinTail', () => {
  it('tells each new entry once, however many come at once', () => {
    joinMessages(...upTo(5_000));
    expect(look()).toEqual({ joined: upTo(5_000), uncertain: [] });
    expect(look()).toEqual({ joined: [], uncertain: [] });
    joinMessages(9_001, 9_002);
    expect(look().joined).toEqual([9_001, 9_002]);
  });

  it('tells an entry that took the ROWID of a deleted one', () => {
    joinMessages(1, 2, 3);
    look();
    part(3);
    joinMessages(4);
    expect(look().joined).toEqual([4]);
  });

  it('calls the newest entries uncertain when many of them have gone', () => {
    joinMessages(...upTo(300));
    look();
    part(...upTo(300).slice(100));
    joinMessages(777);
    expect(look().uncertain).toContain(777);
    expect(look()).toEqual({ joined: [], uncertain: [] });
    joinMessages(778);
    expect(look().joined).toEqual([778]);
  });

  it('goes on where another process left off', () => {
    joinMessages(1, 2, 3);
    look();
    tail = new JoinTail('chat_message_join', tail.last);
    joinMessages(4);
    expect(look().joined).toEqual([4]);
  });
});
