import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { encodeBody } from './body.ts';
import { generateHistory } from './generate-history.ts';
import { plainBodies, seededNumbers, someText } from './history-text.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-history-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function opened<T>(name: string, work: (db: Database.Database) => T): T {
  const db = new Database(join(folder, name), { readonly: true });
  try {
    return work(db);
  } finally {
    db.close();
  }
}
const contentOf = (name: string) =>
  opened(name, (db) => {
    const hash = createHash('sha256');
    for (const row of db.prepare('SELECT * FROM message ORDER BY ROWID').raw().iterate()) {
      hash.update(JSON.stringify(row));
    }
    return hash.digest('hex');
  });

describe('generateHistory', () => {
  it.each(['10.13', '14u', '27'] as const)('writes a sound database of macOS %s with a real mix', (era) => {
    generateHistory(join(folder, 'chat.db'), { messages: 3000, era, chats: 20 });
    opened('chat.db', (db) => {
      const count = (sql: string) => Number(db.prepare(`SELECT count(*) FROM ${sql}`).pluck().get());
      expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
      expect(db.pragma('foreign_key_check')).toEqual([]);
      expect(count('message')).toBe(3000);
      expect(count('chat_message_join')).toBe(3000);
      expect(count('chat')).toBe(20);
      expect(count('message WHERE associated_message_type BETWEEN 2000 AND 3005')).toBeGreaterThan(50);
      expect(count('message WHERE payload_data IS NOT NULL')).toBeGreaterThan(20);
      expect(count('attachment')).toBe(count('message WHERE cache_has_attachments = 1'));
      expect(count(`sqlite_schema WHERE type = 'trigger'`)).toBeGreaterThan(10);
      expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    });
  });

  it('leaves nine texts of ten to the body on a new macOS', () => {
    generateHistory(join(folder, 'chat.db'), { messages: 3000 });
    opened('chat.db', (db) => {
      const share = db.prepare('SELECT avg(text IS NULL) FROM message').pluck().get();
      expect(Number(share)).toBeGreaterThan(0.88);
      const size = db.prepare('SELECT avg(length(attributedBody)) FROM message').pluck().get();
      expect(Number(size)).toBeGreaterThan(200);
      expect(Number(size)).toBeLessThan(600);
    });
  });

  it('writes the same rows for the same seed, and others for another', () => {
    generateHistory(join(folder, 'a.db'), { messages: 300, seed: 7 });
    generateHistory(join(folder, 'b.db'), { messages: 300, seed: 7 });
    generateHistory(join(folder, 'c.db'), { messages: 300, seed: 8 });
    expect(contentOf('a.db')).toBe(contentOf('b.db'));
    expect(contentOf('a.db')).not.toBe(contentOf('c.db'));
  });

  it('writes bodies as encodeBody does', () => {
    const random = seededNumbers(3);
    const texts = [
      'x',
      'é'.repeat(64),
      'a'.repeat(127),
      'a'.repeat(128),
      'ab'.repeat(20_000),
      someText(random),
    ];
    for (const mutable of [false, true]) {
      const write = plainBodies(mutable);
      for (const text of texts) {
        expect(write(text).equals(encodeBody(text, { mutable }))).toBe(true);
      }
    }
  });
});
