import { fork } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockInstance } from './instance-lock.ts';
import { createMeta } from './meta.ts';
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
    expect(() => openStore(folder)).toThrow(expect.objectContaining({ code: 'store_unusable' }));
  });
});

describe('lockInstance', () => {
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
