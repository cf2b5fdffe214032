import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backUpStore } from './back-up.ts';
import { mendStore } from './mend-store.ts';
import { createMeta } from './meta.ts';
import { NEWS_FACT, parseNews } from './replace-store.ts';
import { restoreBackup } from './restore-backup.ts';
import { setAsideStores, storeFiles } from './store-files.ts';
import { openStore, type Store } from './store.ts';
import { damageTable } from './test-damage.ts';

const AT = Date.UTC(2026, 10, 29, 8, 12, 0);
const ASIDE = 'blueline.db.replaced-20261129-081200';

let root = '';
const folder = () => join(root, 'data');
const file = () => join(root, 'backup.db');
const quiet = { onProgress: () => undefined, signal: new AbortController().signal };

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'blueline-backup-'));
  use((store) => {
    createMeta(store).set('epoch', 'first');
    addEvents(store, 500);
    addCommand(store, 'obx_1', 'queued');
    addKey(store, 'k1');
  });
});
afterEach(() => rmSync(root, { recursive: true }));

function use<T>(work: (store: Store) => T): T {
  const store = openStore(folder());
  try {
    return work(store);
  } finally {
    store.close();
  }
}

function addEvents({ db }: Store, number: number): void {
  const event = db.prepare("INSERT INTO journal (type, at, body) VALUES ('x', 1, ?)");
  db.transaction(() => {
    for (let index = 0; index < number; index += 1) {
      event.run(JSON.stringify({ text: 'a text of some length '.repeat(20) }));
    }
  })();
}

function addCommand({ db }: Store, id: string, state: string): void {
  db.prepare(
    `INSERT OR REPLACE INTO commands (id, state, chat, is_open, is_awaited, is_reply, due_at, created_at, body)
     VALUES (?, ?, 'direct:+1', 1, 0, 0, 1, 1, '{}')`,
  ).run(id, state);
}

function addKey({ db }: Store, id: string): void {
  db.prepare("INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES (?, 'n', x'00', '[]', 1)").run(
    id,
  );
}

const rows = (sql: string) => use((store) => store.db.prepare(sql).raw().all());

describe('a backup', () => {
  it('is one whole file of its own, for its owner alone', async () => {
    const seen: number[] = [];
    const figures = await backUpStore(folder(), file(), {
      ...quiet,
      onProgress: ({ pages }) => seen.push(pages),
    });
    expect(figures).toMatchObject({ head: 500, events: 500, commands: 1, bytes: statSync(file()).size });
    expect(seen.length).toBeGreaterThan(0);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(readdirSync(root).toSorted()).toEqual(['backup.db', 'data']);
  });

  it('is of one moment, while others write', async () => {
    const store = openStore(folder());
    const done = backUpStore(folder(), file(), {
      ...quiet,
      onProgress: () => addEvents(store, 50),
    });
    addEvents(store, 7);
    const { head } = await done;
    addEvents(store, 1);
    store.close();
    // What was there when it began to copy; the events of meanwhile are not half in it.
    const copy = new Database(file(), { readonly: true });
    expect(copy.prepare('SELECT MAX(sequence) FROM journal').pluck().get()).toBe(head);
    copy.close();
    expect(rows('SELECT MAX(sequence) FROM journal')).not.toEqual([[head]]);
  });

  it('overwrites nothing, and leaves nothing where it fails', async () => {
    writeFileSync(file(), 'mine');
    await expect(backUpStore(folder(), file(), quiet)).rejects.toMatchObject({ code: 'file_exists' });
    rmSync(file());
    await expect(backUpStore(join(root, 'none'), file(), quiet)).rejects.toMatchObject({
      code: 'store_missing',
    });
    const stopping = new AbortController();
    const cut = backUpStore(folder(), file(), {
      signal: stopping.signal,
      onProgress: () => stopping.abort(),
    });
    await expect(cut).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }));
    damageTable(storeFiles(folder()).store, 'commands');
    await expect(backUpStore(folder(), file(), quiet)).rejects.toMatchObject({ code: 'store_damaged' });
    expect(readdirSync(root)).toEqual(['data']);
  });
});

describe('a restored backup', () => {
  beforeEach(async () => {
    await backUpStore(folder(), file(), quiet);
  });

  it('takes the place of the store under a new epoch, and keeps what has been done since', async () => {
    use((store) => {
      addEvents(store, 20);
      addCommand(store, 'obx_1', 'sent');
      addCommand(store, 'obx_2', 'sent');
      addKey(store, 'k2');
      store.db.exec("UPDATE api_keys SET revoked_at = 5 WHERE id = 'k1'");
    });
    const restored = await restoreBackup(file(), folder(), { ...quiet, at: AT });
    expect(restored).toMatchObject({ setAside: ASIDE, hadStore: true, lost: [] });
    expect(setAsideStores(folder())).toEqual([ASIDE]);
    expect(rows('SELECT MAX(sequence) FROM journal')).toEqual([[500]]);
    // A client that repeats its request must find it here.
    expect(rows('SELECT id, state FROM commands ORDER BY id')).toEqual([
      ['obx_1', 'sent'],
      ['obx_2', 'sent'],
    ]);
    expect(rows('SELECT id, revoked_at FROM api_keys ORDER BY id')).toEqual([
      ['k1', 5],
      ['k2', null],
    ]);
    expect(rows("SELECT value FROM meta WHERE key = 'epoch'")).not.toEqual([['first']]);
    expect(use((store) => parseNews(createMeta(store).get(NEWS_FACT)))).toMatchObject({ kind: 'restored' });
    expect(statSync(storeFiles(folder()).store).mode & 0o777).toBe(0o600);
  });

  it('is put in place of a damaged store and of none', async () => {
    damageTable(storeFiles(folder()).store, 'commands');
    expect(await restoreBackup(file(), folder(), { ...quiet, at: AT })).toMatchObject({
      carried: ['keys'],
      lost: ['commands'],
    });
    expect(rows('SELECT state FROM commands')).toEqual([['queued']]);
    rmSync(folder(), { recursive: true });
    use(() => undefined);
    rmSync(storeFiles(folder()).store);
    expect(await restoreBackup(file(), folder(), { ...quiet, at: AT })).toMatchObject({
      hadStore: false,
      lost: ['keys', 'commands'],
    });
    expect(setAsideStores(folder())).toEqual([]);
  });

  it('changes nothing where the file is missing, damaged, foreign or newer', async () => {
    const before = rows('SELECT value FROM meta');
    const attempt = (path: string) => restoreBackup(path, folder(), { ...quiet, at: AT });
    await expect(attempt(join(root, 'none'))).rejects.toMatchObject({ code: 'backup_missing' });
    const foreign = join(root, 'foreign.db');
    new Database(foreign).exec('CREATE TABLE t (x)').close();
    await expect(attempt(foreign)).rejects.toMatchObject({ code: 'backup_unusable' });
    const newer = new Database(file());
    newer.pragma('user_version = 999');
    newer.close();
    await expect(attempt(file())).rejects.toMatchObject({ code: 'store_too_new' });
    damageTable(file(), 'journal');
    await expect(attempt(file())).rejects.toMatchObject({ code: 'backup_unusable' });
    expect(rows('SELECT value FROM meta')).toEqual(before);
    expect(setAsideStores(folder())).toEqual([]);
  });

  it('is there whole or not at all, whenever the process is killed', async () => {
    for (const after of [0, 1, 2, 4, 8, 16, 32, 64]) {
      const child = fork(new URL('./test-restore-process.ts', import.meta.url).pathname, [file(), folder()]);
      await once(child, 'message');
      setTimeout(() => child.kill('SIGKILL'), after);
      await once(child, 'exit');
      mendStore(folder(), AT);
      expect(rows('SELECT MAX(sequence), COUNT(*) FROM journal')).toEqual([[500, 500]]);
      expect(existsSync(storeFiles(folder()).ready)).toBe(false);
    }
  });
});
