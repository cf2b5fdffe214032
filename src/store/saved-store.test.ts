import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { describeStore } from './describe-store.ts';
import { createMeta } from './meta.ts';
import { restoreStore, saveStore } from './saved-store.ts';
import { openStore } from './store.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-saved-'));
  const opened = openStore(folder);
  createMeta(opened).set('epoch', 'first');
  createMeta(opened).set('a', 'before');
  opened.close();
});
afterEach(() => rmSync(folder, { recursive: true }));

const store = () => join(folder, 'blueline.db');
const saved = () => join(folder, 'saved.db');

/** As a newer version would leave it. */
function change(sql: string): void {
  const db = new Database(store());
  db.exec(sql);
  db.close();
}

function read(): { readonly a: string | null; readonly epoch: string | null } {
  const opened = openStore(folder);
  const meta = createMeta(opened);
  const values = { a: meta.get('a'), epoch: meta.get('epoch') };
  opened.close();
  return values;
}

const NEWER = 'CREATE TABLE newer (x); PRAGMA user_version = 999;';

describe('a saved store', () => {
  it('is put back where the form has changed and nothing else, under a new epoch', async () => {
    await saveStore(store(), saved());
    expect(statSync(saved()).mode & 0o777).toBe(0o600);
    change(`${NEWER} UPDATE meta SET value = 'by the newer' WHERE key = 'a';`);
    expect(read).toThrow(expect.objectContaining({ code: 'store_too_new' }));
    await restoreStore(saved(), store());
    const values = read();
    expect(values.a).toBe('before');
    // Sequences may come again: readers have to notice.
    expect(values.epoch).not.toBe('first');
  });

  it('is left aside where the form is the same: what was done meanwhile counts', async () => {
    await saveStore(store(), saved());
    change("UPDATE meta SET value = 'meanwhile' WHERE key = 'a'");
    await restoreStore(saved(), store());
    expect(read()).toEqual({ a: 'meanwhile', epoch: 'first' });
  });

  it.each([
    "INSERT INTO api_keys (id, name, hash, scopes, created_at) VALUES ('k', 'n', x'00', '[]', 1)",
    "INSERT INTO journal (type, at, body) VALUES ('message.received', 1, '{}')",
    'ALTER TABLE commands RENAME TO commands_of_tomorrow',
  ])('is not put back over what clients were told: %s', async (sql) => {
    await saveStore(store(), saved());
    change(`${NEWER} ${sql};`);
    await expect(restoreStore(saved(), store())).rejects.toMatchObject({ code: 'store_in_use' });
    expect(existsSync(saved())).toBe(true);
    expect(describeStore(store())).toMatchObject({ form: 999, integrity: 'ok' });
  });

  it('may be put back over the start that the newer version told of', async () => {
    await saveStore(store(), saved());
    change(`${NEWER} INSERT INTO journal (type, at, body) VALUES ('bridge.started', 1, '{}');`);
    await restoreStore(saved(), store());
    expect(read().a).toBe('before');
  });

  it('is nothing where there is no store yet', async () => {
    rmSync(store());
    await saveStore(store(), saved());
    await restoreStore(saved(), store());
    expect(existsSync(saved())).toBe(false);
    expect(describeStore(store())).toBeNull();
  });
});

describe('describeStore', () => {
  it('tells figures of a store, and nothing that is in it', () => {
    const figures = describeStore(store());
    expect(figures).toMatchObject({ integrity: 'ok', rows: { meta: 2, commands: 0 } });
    expect(JSON.stringify(figures)).not.toContain('before');
  });

  it('tells what is wrong with one that cannot be read', () => {
    writeFileSync(store(), 'no database'.repeat(1_000));
    expect(describeStore(store())).toEqual({
      bytes: 11_000,
      form: null,
      integrity: 'SQLITE_NOTADB: file is not a database',
      rows: {},
    });
  });
});
