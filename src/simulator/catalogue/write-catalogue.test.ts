import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createChatDb, ERAS, isSince, type Era } from '../era-schema.ts';
import type { CatalogueEntry } from './pen.ts';
import { writeCatalogue } from './write-catalogue.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-catalogue-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function written(era: Era, name: string) {
  const db = createChatDb(join(folder, name), era, 'IDENTITY');
  const entries = writeCatalogue(db, era, folder);
  const guids = db.prepare<[], string>('SELECT guid FROM message ORDER BY ROWID').pluck().all();
  const hash = createHash('sha256');
  for (const row of db.prepare('SELECT * FROM message ORDER BY ROWID').safeIntegers().raw().iterate()) {
    hash.update(
      JSON.stringify(row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    );
  }
  const integrity = db.pragma('integrity_check', { simple: true });
  const strayKeys = db.pragma('foreign_key_check');
  db.close();
  return { entries, guids, integrity, strayKeys, content: hash.digest('hex') };
}

const has = (entries: readonly CatalogueEntry[], name: string) =>
  entries.some((entry) => entry.name === name);

describe.each(ERAS)('the catalogue of macOS %s', (era) => {
  it('is a sound database whose rows are the entries, in order', () => {
    const { entries, guids, integrity, strayKeys } = written(era, 'chat.db');
    expect(integrity).toBe('ok');
    expect(strayKeys).toEqual([]);
    expect(entries.map((entry) => entry.guid)).toEqual(guids);
    expect(new Set(entries.map((entry) => entry.name)).size).toBe(entries.length);
    expect(entries.length).toBeGreaterThan(150);
  });

  it('expects plain JSON', () => {
    const { entries } = written(era, 'chat.db');
    expect(JSON.parse(JSON.stringify(entries))).toEqual(entries);
  });

  it('is the same each time', () => {
    expect(written(era, 'a.db').content).toBe(written(era, 'b.db').content);
  });

  it('leaves out what that macOS cannot hold', () => {
    const { entries } = written(era, 'chat.db');
    expect(has(entries, 'a text edited three times')).toBe(isSince(era, 13));
    expect(has(entries, 'a reply to part 2')).toBe(isSince(era, 12));
    expect(has(entries, 'an emoji tapback')).toBe(isSince(era, 15));
    expect(has(entries, 'a poll')).toBe(isSince(era, 26));
    expect(has(entries, 'the filter action junk')).toBe(isSince(era, 27));
  });
});

describe('the files of the catalogue', () => {
  it('lie where their rows say', () => {
    const db = createChatDb(join(folder, 'chat.db'), '26');
    writeCatalogue(db, '26', folder);
    const pathOf = (name: string) =>
      db
        .prepare<[string], string>('SELECT filename FROM attachment WHERE transfer_name = ?')
        .pluck()
        .get(name)
        ?.replace('~/Library/Messages', folder) ?? '';
    expect(existsSync(pathOf('a picture.png'))).toBe(true);
    expect(existsSync(pathOf('gone.png'))).toBe(false);
    db.close();
  });
});
