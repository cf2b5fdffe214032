import { createHash } from 'node:crypto';
import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readablePlace } from './private-copy.ts';

let folder: string;
let live: Database.Database;
const at = (name: string) => join(folder, name);
const yes = () => Promise.resolve(true);
const no = () => Promise.resolve(false);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-copy-'));
  live = new Database(at('live.db'));
  live.pragma('journal_mode = WAL');
  live.exec('CREATE TABLE t (x)');
  live.pragma('wal_checkpoint(TRUNCATE)');
  live.exec('INSERT INTO t VALUES (1), (2)');
});

afterEach(() => {
  live.close();
  rmSync(folder, { recursive: true, force: true });
});

function contents(): Record<string, string> {
  return Object.fromEntries(
    readdirSync(folder).map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(at(name)))
        .digest('hex'),
    ]),
  );
}

function countIn(path: string): number {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare<[], { n: number }>('SELECT count(*) AS n FROM t').get()?.n ?? -1;
  } finally {
    db.close();
  }
}

describe('a place to read a database from', () => {
  it('does not copy a database that nobody has open, leaves no trace of it, and notices a write meanwhile', async () => {
    copyFileSync(at('live.db'), at('quiet.db'));
    const before = contents();
    const place = await readablePlace(at('quiet.db'), { isLive: no, temporary: folder });
    expect(statSync(place.path).ino).toBe(statSync(at('quiet.db')).ino);
    expect(countIn(place.path)).toBe(0);
    place.verify();
    place.release();
    expect(contents()).toEqual(before);

    const second = await readablePlace(at('quiet.db'), { isLive: no, temporary: folder });
    const writer = new Database(at('quiet.db'));
    writer.exec('INSERT INTO t VALUES (9)');
    expect(() => second.verify()).toThrow(expect.objectContaining({ code: 'messages_db_changing' }));
    writer.close();
    second.release();
  });

  it('has what stands in the WAL only, and leaves no trace beside the original', async () => {
    copyFileSync(at('live.db'), at('copy.db'));
    copyFileSync(at('live.db-wal'), at('copy.db-wal'));
    const before = contents();
    const place = await readablePlace(at('copy.db'), { isLive: no });
    expect(countIn(place.path)).toBe(2);
    expect(place.original).toBe(at('copy.db'));
    expect(statSync(dirname(place.path)).mode & 0o777).toBe(0o700);
    place.release();
    place.release();
    expect(contents()).toEqual(before);
    expect(() => statSync(dirname(place.path))).toThrow(/ENOENT/u);
  });

  it('does with a database that has no WAL', async () => {
    copyFileSync(at('live.db'), at('copy.db'));
    const before = contents();
    const place = await readablePlace(at('copy.db'), { isLive: yes });
    expect(place.path).not.toBe(at('copy.db'));
    expect(countIn(place.path)).toBe(0);
    place.release();
    expect(contents()).toEqual(before);
  });

  it('is where it lies, for one that Messages has open', async () => {
    symlinkSync(at('live.db'), at('alias.db'));
    const place = await readablePlace(at('alias.db'), { isLive: yes });
    expect(place.path).toBe(at('live.db'));
    expect(countIn(place.path)).toBe(2);
    place.release();
    expect(readdirSync(folder)).toContain('live.db-wal');
  });

  it('is a copy of one moment while another program writes and checkpoints', async () => {
    for (let round = 0; round < 20; round += 1) {
      const copying = readablePlace(at('live.db'), { isLive: no });
      live.exec('INSERT INTO t VALUES (0), (0)');
      if (round % 3 === 0) {
        live.pragma('wal_checkpoint(TRUNCATE)');
      }
      const place = await copying;
      // Rows come two by two: a torn copy would hold an odd number, or none.
      expect(countIn(place.path) % 2).toBe(0);
      expect(countIn(place.path)).toBeGreaterThanOrEqual(2 + 2 * round);
      place.release();
    }
  });

  it('is refused for what is no database, is not there, or cannot be copied', async () => {
    writeFileSync(at('text.db'), 'not a database, but long enough to have a head');
    const refused = (name: string) => readablePlace(at(name), { isLive: no });
    await expect(refused('text.db')).rejects.toMatchObject({ code: 'messages_db_invalid' });
    await expect(refused('missing.db')).rejects.toMatchObject({ code: 'messages_db_missing' });
    await expect(refused('live.db/x')).rejects.toMatchObject({ code: 'messages_db_missing' });
    await expect(readablePlace(folder, { isLive: no })).rejects.toMatchObject({
      code: 'messages_db_invalid',
    });
  });
});
