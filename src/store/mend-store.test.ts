import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hasSmallDisks, onSmallDisk } from '../../test/support/small-disk.ts';
import { inspectStore } from './inspect-store.ts';
import { isDamage } from './damage.ts';
import { mendStore } from './mend-store.ts';
import { createMeta } from './meta.ts';
import { NEWS_FACT, parseNews } from './replace-store.ts';
import { setAsideStores, storeFiles } from './store-files.ts';
import { openStore, type Store } from './store.ts';
import { damageTable, flipBytes, rootOf } from './test-damage.ts';

const AT = Date.UTC(2026, 10, 29, 8, 12, 0);
const ASIDE = 'blueline.db.damaged-20261129-081200';

let folder = '';
const path = () => storeFiles(folder).store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-mend-'));
  use((store) => {
    const meta = createMeta(store);
    meta.set('epoch', 'first');
    meta.set('bridge_id', 'br_1');
    const event = store.db.prepare("INSERT INTO journal (type, at, body) VALUES ('x', 1, ?)");
    store.db.transaction(() => {
      for (let index = 0; index < 400; index += 1) {
        event.run(JSON.stringify({ text: 'a text of some length '.repeat(20) }));
      }
    })();
    store.db.exec(`
      INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES ('k', 'n', x'00', '[]', 1);
      INSERT INTO commands (id, state, chat, is_open, is_awaited, is_reply, due_at, created_at, body)
        VALUES ('obx_1', 'queued', 'direct:+1', 1, 0, 0, 1, 1, '{}');
      INSERT INTO capture_cursor (id, body) VALUES (1, '{}')`);
  });
});
afterEach(() => rmSync(folder, { recursive: true }));

function use<T>(work: (store: Store) => T): T {
  const store = openStore(folder);
  try {
    return work(store);
  } finally {
    store.close();
  }
}

const news = () => use((store) => parseNews(createMeta(store).get(NEWS_FACT)));
const fact = (key: string) => use((store) => createMeta(store).get(key));
const count = (table: string) =>
  use((store) => Number(store.db.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get()));

describe('a damaged store', () => {
  it('is set aside whole, for a new one with what was not touched', () => {
    damageTable(path(), 'journal');
    expect(() => count('journal')).toThrow('malformed');
    const bytes = readFileSync(path());
    mendStore(folder, AT);
    expect(setAsideStores(folder)).toEqual([ASIDE]);
    expect(readFileSync(join(folder, ASIDE)).equals(bytes)).toBe(true);
    expect(statSync(path()).mode & 0o777).toBe(0o600);
    expect(news()).toMatchObject({ kind: 'rebuilt', setAside: ASIDE, lost: [], isSettled: false });
    expect(fact('bridge_id')).toBe('br_1');
    expect(fact('epoch')).not.toBe('first');
    expect([count('api_keys'), count('commands'), count('capture_cursor'), count('journal')]).toEqual([
      1, 1, 1, 0,
    ]);
  });

  it('says what of it was lost', () => {
    damageTable(path(), 'api_keys');
    damageTable(path(), 'command_rows');
    mendStore(folder, AT);
    expect(news()).toMatchObject({ lost: ['keys', 'commands'] });
    // Half of what belongs together says something else.
    expect(count('commands')).toBe(0);
  });

  it('loses a group whose texts do not parse, rather than take them over', () => {
    use((store) => store.db.exec("UPDATE commands SET body = '{'"));
    damageTable(path(), 'journal');
    mendStore(folder, AT);
    expect(news()?.lost).toEqual(['commands']);
  });

  it.each([
    ['no database at all', () => writeFileSync(path(), 'no database '.repeat(500))],
    ['a file that ends too early', () => truncateSync(path(), 8_192)],
    ['a first page of nonsense', () => flipBytes(path(), 0, 4_096)],
  ])('is set aside where it is %s', (_name, damage) => {
    damage();
    mendStore(folder, AT);
    expect(setAsideStores(folder)).toEqual([ASIDE]);
    expect(count('journal')).toBe(0);
  });

  it('keeps its WAL with it', () => {
    // As a killed process leaves it: what was committed last stands in the WAL alone.
    const store = openStore(folder);
    store.db.exec("UPDATE meta SET value = 'br_2' WHERE key = 'bridge_id'");
    const wal = readFileSync(`${path()}-wal`);
    const database = readFileSync(path());
    store.close();
    const root = rootOf(path(), 'journal');
    writeFileSync(path(), database);
    writeFileSync(`${path()}-wal`, wal);
    flipBytes(path(), root.at, root.bytes);
    mendStore(folder, AT);
    expect(existsSync(join(folder, `${ASIDE}-wal`))).toBe(true);
    expect(fact('bridge_id')).toBe('br_2');
  });

  it('is left as it is once it is sound, and nothing is told twice', () => {
    mendStore(folder, AT);
    expect(setAsideStores(folder)).toEqual([]);
    damageTable(path(), 'journal');
    mendStore(folder, AT);
    mendStore(folder, AT + 5_000);
    expect(setAsideStores(folder)).toHaveLength(1);
  });

  it('is not what SQLite cannot open or write for another reason', () => {
    rmSync(path());
    mkdirSync(path());
    expect(() => mendStore(folder, AT)).toThrow(expect.objectContaining({ code: 'store_unusable' }));
    expect(readdirSync(folder)).toEqual(['blueline.db']);
    const failure = (code: string) => Object.assign(new Error(code), { code });
    const others = [
      'SQLITE_FULL',
      'SQLITE_CANTOPEN',
      'SQLITE_IOERR_READ',
      'SQLITE_READONLY',
      'ENOSPC',
      'EACCES',
    ];
    expect(others.filter((code) => isDamage(failure(code)))).toEqual([]);
    expect(
      ['SQLITE_CORRUPT', 'SQLITE_CORRUPT_INDEX', 'SQLITE_NOTADB'].filter((code) => !isDamage(failure(code))),
    ).toEqual([]);
  });

  it('stays where it is while the disk has no room for a new one', (context) => {
    if (!hasSmallDisks(folder)) {
      context.skip('This machine lets us mount no small disk.');
    }
    damageTable(path(), 'journal');
    const disk = mkdtempSync(join(tmpdir(), 'blueline-full-'));
    const [program, ...args] = onSmallDisk(disk, statSync(path()).size + 131_072);
    const script = new URL('./test-mend-process.ts', import.meta.url).pathname;
    const ended = spawnSync(program ?? '', [...args, process.execPath, script, path(), disk], {
      encoding: 'utf8',
    });
    rmSync(disk, { recursive: true });
    const told: { code: string; names: string[] } = JSON.parse(ended.stdout);
    expect(told.code).toBe('store_unusable');
    expect(told.names).toContain('blueline.db');
    expect(told.names.filter((name) => name.includes('damaged'))).toEqual([]);
  });

  it.skipIf(process.getuid?.() === 0)('is not what a file without permission is', () => {
    chmodSync(path(), 0o000);
    expect(() => mendStore(folder, AT)).toThrow(expect.objectContaining({ code: 'store_unusable' }));
    chmodSync(path(), 0o600);
    expect(readdirSync(folder).filter((name) => name.includes('damaged'))).toEqual([]);
    expect(fact('epoch')).toBe('first');
  });
});

describe('a replacement that was cut off', () => {
  const files = () => storeFiles(folder);

  /** A whole new store, as it lies there before it takes its place. */
  function makeReady(): void {
    damageTable(path(), 'journal');
    const before = readFileSync(path());
    mendStore(folder, AT);
    renameSync(files().store, files().ready);
    rmSync(join(folder, ASIDE));
    writeFileSync(files().store, before);
  }

  it('is ended by the next start, wherever it was cut', () => {
    makeReady();
    mendStore(folder, AT + 60_000);
    expect([setAsideStores(folder), existsSync(files().ready), news()?.kind]).toEqual([
      [ASIDE],
      false,
      'rebuilt',
    ]);
    // The old one had been moved, its WAL had not.
    renameSync(files().store, files().ready);
    writeFileSync(`${files().store}-wal`, 'left behind');
    mendStore(folder, AT + 60_000);
    expect(readFileSync(join(folder, `${ASIDE}-wal`), 'utf8')).toBe('left behind');
    expect(news()?.kind).toBe('rebuilt');
  });

  it('is as if never begun where the new store was not whole', () => {
    writeFileSync(files().unfinished, 'half of a store');
    mendStore(folder, AT);
    expect(fact('epoch')).toBe('first');
    damageTable(path(), 'journal');
    mendStore(folder, AT);
    expect(existsSync(files().unfinished)).toBe(false);
    expect(news()?.kind).toBe('rebuilt');
  });
});

describe('the look at a store', () => {
  /** As a process leaves it that was killed while it changed one that keeps no WAL: a new store before its first start. */
  function cutOff(): void {
    const db = new Database(path());
    db.pragma('journal_mode = DELETE');
    // What is changed comes into the file long before the end of the transaction.
    db.pragma('cache_size = 1');
    db.exec("BEGIN IMMEDIATE; UPDATE journal SET body = replace(body, 'text', 'half of a text')");
    const files = ['', '-journal'].map(
      (suffix) => [`${path()}${suffix}`, readFileSync(`${path()}${suffix}`)] as const,
    );
    db.exec('ROLLBACK');
    db.close();
    for (const [name, bytes] of files) {
      writeFileSync(name, bytes);
    }
  }

  it('undoes first what was cut off in the middle, rather than refuse the start', () => {
    cutOff();
    mendStore(folder, AT);
    expect(setAsideStores(folder)).toEqual([]);
    expect(count("journal WHERE body LIKE '%half%'")).toBe(0);
    expect(fact('epoch')).toBe('first');
  });

  it('that a transaction found to be damaged is thorough at the next start', () => {
    damageTable(path(), 'journal');
    use((store) => {
      expect(store.isSuspect()).toBe(false);
      expect(() => store.transaction(() => store.db.prepare('DELETE FROM journal').run())).toThrow(
        expect.objectContaining({ code: expect.stringMatching(/^SQLITE_CORRUPT/u) }),
      );
      expect(store.isSuspect()).toBe(true);
    });
    expect(existsSync(storeFiles(folder).suspicion)).toBe(true);
    mendStore(folder, AT);
    expect(existsSync(storeFiles(folder).suspicion)).toBe(false);
  });

  it('is noted at the end, where the disk had no room for the note', () => {
    const { suspicion } = storeFiles(folder);
    mkdirSync(suspicion);
    use((store) => {
      expect(() => store.suspect()).not.toThrow();
      expect(store.isSuspect()).toBe(true);
      rmdirSync(suspicion);
    });
    expect(existsSync(suspicion)).toBe(true);
  });

  it('finds in a large one what the newest events and the other tables have', () => {
    const look = () => inspectStore(path(), { isThorough: false, wholeBytes: 0 });
    expect(look()).toEqual({ outcome: 'sound', whole: false });
    damageTable(path(), 'ledger_hours');
    expect(look()).toMatchObject({ outcome: 'damaged' });
    expect(inspectStore(path(), { isThorough: true })).toMatchObject({ outcome: 'damaged' });
  });

  it('reads the journal back from its newest event', () => {
    damageTable(path(), 'journal');
    expect(inspectStore(path(), { isThorough: false, wholeBytes: 0 })).toMatchObject({ outcome: 'damaged' });
  });
});
