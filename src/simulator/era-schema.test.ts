import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChatDb, ERAS, isSince, type Era } from './era-schema.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-era-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const columns = (era: Era, table: string): string[] => {
  const db = createChatDb(join(folder, `${era}-${table}.db`), era);
  const rows = db.prepare<[string], { name: string }>('SELECT name FROM pragma_table_info(?)').all(table);
  db.close();
  return rows.map((row) => row.name);
};

describe('isSince', () => {
  it('tells the order of systems, whose numbers are decimals', () => {
    expect(ERAS.filter((era) => isSince(era, 12))).toEqual(ERAS.slice(2));
    expect(ERAS.filter((era) => isSince(era, 10.15))).toEqual(ERAS.slice(1));
    expect(isSince('14u', 15)).toBe(false);
    expect(isSince('26', 26.5)).toBe(false);
  });
});

describe('createChatDb', () => {
  it.each([
    { era: '10.13', message: 67, chat: 25, attachment: 23 },
    { era: '10.15', message: 71, chat: 27, attachment: 23 },
    { era: '12', message: 75, chat: 26, attachment: 21 },
    { era: '13', message: 79, chat: 26, attachment: 21 },
    { era: '14', message: 85, chat: 28, attachment: 21 },
    { era: '14u', message: 88, chat: 31, attachment: 24 },
    { era: '15', message: 94, chat: 31, attachment: 27 },
    { era: '26', message: 94, chat: 29, attachment: 24 },
    { era: '26.5', message: 95, chat: 29, attachment: 24 },
    { era: '27', message: 103, chat: 29, attachment: 26 },
  ] as const)('has as many columns as macOS $era', ({ era, message, chat, attachment }) => {
    expect([
      columns(era, 'message').length,
      columns(era, 'chat').length,
      columns(era, 'attachment').length,
    ]).toEqual([message, chat, attachment]);
  });

  it.each(ERAS)('makes a sound WAL database with pages of 4096 bytes for macOS %s', (era) => {
    const db = createChatDb(join(folder, 'chat.db'), era, 'IDENTITY');
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
    expect(db.pragma('page_size', { simple: true })).toBe(4096);
    expect(
      db.prepare(`SELECT value FROM _SqliteDatabaseProperties WHERE key = '_UniqueIdentifier'`).pluck().get(),
    ).toBe('IDENTITY');
    db.close();
  });

  it('keeps the sr_ columns in their old places in an upgraded database, and appends what came later', () => {
    const upgraded = columns('15', 'message');
    const fresh = columns('26', 'message');
    expect(upgraded[upgraded.indexOf('destination_caller_id') + 1]).toBe('sr_ck_sync_state');
    expect(fresh).not.toContain('sr_ck_sync_state');
    expect(upgraded.indexOf('is_kt_verified')).toBeLessThan(upgraded.indexOf('is_sos'));
    expect(fresh.indexOf('is_kt_verified')).toBeGreaterThan(fresh.indexOf('is_sos'));
  });

  it('names the tapback index as each macOS does', () => {
    const names = (era: Era) => {
      const db = createChatDb(join(folder, `${era}-indexes.db`), era);
      const found = db.prepare(`SELECT name FROM sqlite_schema WHERE type = 'index'`).pluck().all();
      db.close();
      return found;
    };
    expect(names('15')).toContain('message_idx_associated_message');
    expect(names('26')).toContain('message_idx_associated_message2');
    expect(names('10.13')).not.toContain('message_idx_thread_originator_guid');
    expect(names('26.5')).toContain('message_idx_indexed_messages_guid');
  });
});
