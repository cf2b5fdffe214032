import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import Database from 'better-sqlite3';
import { lockInstance } from './instance-lock.ts';
import { createMeta } from './meta.ts';
import { migrations } from './migrations.ts';
import { openStore } from './store.ts';

describe('the store', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'blueline-store-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it('is readable by its owner alone, side files included', () => {
    const store = openStore(join(folder, 'new'));
    createMeta(store).ensure('a', () => '1');
    for (const name of ['blueline.db', 'blueline.db-wal', 'blueline.db-shm']) {
      expect(statSync(join(folder, 'new', name)).mode & 0o777, name).toBe(0o600);
    }
    expect(statSync(join(folder, 'new')).mode & 0o777).toBe(0o700);
    store.close();
  });

  it('keeps a fact once it is made', () => {
    const store = openStore(folder);
    expect(createMeta(store).ensure('epoch', () => 'one')).toBe('one');
    store.close();
    const again = openStore(folder);
    expect(createMeta(again).ensure('epoch', () => 'two')).toBe('one');
    again.close();
  });

  it('calls back after what is kept, and never after what is not', () => {
    const store = openStore(folder);
    const called: string[] = [];
    const fact = createMeta(store);
    store.transaction(() => {
      store.afterCommit(() => called.push(`kept ${store.db.inTransaction}`));
      fact.set('a', '1');
    });
    expect(() =>
      store.transaction(() => {
        store.afterCommit(() => called.push('undone'));
        throw new Error('not this');
      }),
    ).toThrow('not this');
    store.transaction(() => fact.set('a', '2'));
    expect(called).toEqual(['kept false']);
    store.close();
  });

  it('shows a commit that asks for the disk `soon` to others at once, and flushes it when asked', async () => {
    const store = openStore(folder);
    const meta = createMeta(store);
    const other = new Database(join(folder, 'blueline.db'), { readonly: true });
    const values = other.prepare('SELECT COUNT(*) FROM meta').pluck();
    store.transaction(() => meta.set('a', '1'), 'soon');
    expect(values.get()).toBe(1);
    // The next one waits for the disk again, whatever became of this one.
    expect(store.db.pragma('synchronous', { simple: true })).toBe(2);
    expect(() =>
      store.transaction(() => {
        throw new Error('no');
      }, 'soon'),
    ).toThrow('no');
    expect(store.db.pragma('synchronous', { simple: true })).toBe(2);
    await Promise.all([store.flush(), store.flush(), store.flush()]);
    other.close();
    // One that is under way when the store closes is let to end.
    const last = store.flush();
    store.close();
    await expect(last).resolves.toBeUndefined();
  });

  it('keeps nothing of a transaction that threw', () => {
    const store = openStore(folder);
    const meta = createMeta(store);
    expect(() =>
      store.transaction(() => {
        meta.ensure('a', () => '1');
        throw new Error('no');
      }),
    ).toThrow('no');
    expect(meta.get('a')).toBeNull();
    store.close();
  });

  it('refuses a file that a newer version has written, and one that is no database', () => {
    const store = openStore(folder);
    store.db.pragma('user_version = 999');
    store.close();
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'store_too_new' }));
    writeFileSync(
      join(folder, 'blueline.db'),
      'this is no database, and long enough to be read as one '.repeat(50),
    );
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'store_damaged' }));
  });

  it('takes the commands of the third step over, with their rows', () => {
    const path = join(folder, 'blueline.db');
    const old = new Database(path);
    for (const sql of migrations.slice(0, 3)) {
      old.exec(sql);
    }
    old.pragma('user_version = 3');
    const insert = old.prepare(
      'INSERT INTO commands (id, state, is_open, proof_row_id, created_at, body) VALUES (?, ?, ?, ?, ?, ?)',
    );
    const body = (id: string, state: object, proof: object | null) =>
      JSON.stringify({
        id,
        target: { to: 'handle', handle: '+15550001111' },
        text: 'hi "you"',
        line: null,
        state,
        createdAt: 5,
        updatedAt: 6,
        expiresAt: 7,
        proof,
        suspectedDuplicateOf: null,
      });
    insert.run('obx_1', 'queued', 1, null, 5, body('obx_1', { name: 'queued' }, null));
    const sent = body('obx_2', { name: 'sent', at: 9 }, { guid: 'G', rowId: 3 });
    insert.run('obx_2', 'sent', 0, 3, 5, sent);
    const unknown = { name: 'unknown', since: 8, watermark: 2, cause: 'no_row', final: false };
    insert.run('obx_3', 'unknown', 1, null, 5, body('obx_3', unknown, null));
    old.close();

    const store = openStore(folder);
    const { db } = store;
    const columns = db
      .prepare('SELECT id, chat, is_open, is_awaited FROM commands ORDER BY rowid')
      .raw()
      .all();
    expect(columns).toEqual([
      ['obx_1', 'direct:+15550001111', 1, 0],
      ['obx_2', 'direct:+15550001111', 0, 0],
      ['obx_3', 'direct:+15550001111', 1, 1],
    ]);
    expect(db.prepare('SELECT * FROM command_rows').all()).toEqual([{ guid: 'G', command_id: 'obx_2' }]);
    const bodies = db
      .prepare<[], { body: string }>('SELECT body FROM commands ORDER BY rowid')
      .all()
      .map((row): unknown => JSON.parse(row.body));
    const shared = { line: null, service: 'auto', fallback: null, isReply: false, expiresAt: 7 };
    expect(bodies).toMatchObject([
      {
        ...shared,
        state: { name: 'queued' },
        parts: [{ content: { kind: 'text', text: 'hi "you"' }, attempts: [] }],
      },
      {
        ...shared,
        parts: [{ attempts: [{ state: { name: 'sent', at: 9 }, proof: { guid: 'G', rowId: 3 } }] }],
      },
      {
        ...shared,
        parts: [{ attempts: [{ watermark: 2, startedAt: 8, state: { name: 'unknown' }, proof: null }] }],
      },
    ]);
    store.close();
  });
});

describe('lockInstance', () => {
  it('takes nothing but a lock for another process', () => {
    const folder = mkdtempSync(join(tmpdir(), 'blueline-lock-'));
    writeFileSync(join(folder, 'instance.lock'), 'no database at all '.repeat(100));
    expect(() => lockInstance(folder)).toThrow(expect.objectContaining({ code: 'store_unusable' }));
    rmSync(folder, { recursive: true });
  });

  it('lets one process in, and the next when that one is gone, however it went', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'blueline-lock-'));
    const holder = join(folder, 'hold.ts');
    const index = new URL('./instance-lock.ts', import.meta.url).pathname;
    writeFileSync(
      holder,
      `import { lockInstance } from ${JSON.stringify(index)};\nlockInstance(${JSON.stringify(folder)});\nprocess.send?.('held');\nsetInterval(() => 0, 1000);\n`,
    );
    const child = fork(holder);
    await new Promise((resolve) => child.once('message', resolve));
    expect(() => lockInstance(folder)).toThrow(expect.objectContaining({ code: 'already_running' }));
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await gone;
    lockInstance(folder)();
    rmSync(folder, { recursive: true });
  });
});
