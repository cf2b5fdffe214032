import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lineId, SCOPES } from '../contract/index.ts';
import { handle } from '../domain/index.ts';
import { ManualClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { createKeys } from './keys.ts';

let folder = '';
let store: Store;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-keys-'));
  store = openStore(folder);
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const clock = new ManualClock(1_700_000_000_000);

describe('createKeys', () => {
  it('makes keys that verify, and grants all when nothing is said', () => {
    const keys = createKeys(store, clock);
    const made = keys.create({ name: 'controller' });
    expect(made.key).toMatch(/^blk_[0-9a-f]{16}_[\w-]{43}$/u);
    expect(keys.verify(made.key)).toEqual({ keyId: made.id, scopes: SCOPES, lines: null, isSandbox: false });
    const sandboxed = keys.create({ name: 'box', isSandbox: true });
    expect(keys.verify(sandboxed.key)).toMatchObject({ isSandbox: true });
  });

  it('keeps no secret', () => {
    const made = createKeys(store, clock).create({ name: 'controller' });
    const secret = made.key.slice(-43);
    const rows = store.db.prepare<[], object>('SELECT * FROM api_keys').all();
    expect(JSON.stringify(rows)).not.toContain(secret);
    expect(createKeys(store, clock).list()[0]).not.toHaveProperty('key');
  });

  it('keeps the limits that it was given, lines by id', () => {
    const keys = createKeys(store, clock);
    const made = keys.create({ name: 'reader', scopes: ['events:read'], lines: ['+1 555 999 0000'] });
    expect(keys.verify(made.key)).toMatchObject({
      scopes: ['events:read'],
      lines: [lineId(handle('+15559990000'))],
    });
  });

  it.each([
    ['an empty name', { name: '' }, 'key_name_invalid'],
    ['a name with a line break', { name: 'a\nb' }, 'key_name_invalid'],
    ['a scope that does not exist', { name: 'x', scopes: ['all'] }, 'key_scope_unknown'],
    ['no scope at all', { name: 'x', scopes: [] }, 'key_scope_unknown'],
    ['a line that is none', { name: 'x', lines: ['here'] }, 'key_line_invalid'],
  ])('refuses %s', (_name, request, code) => {
    expect(() => createKeys(store, clock).create(request)).toThrow(expect.objectContaining({ code }));
  });

  it('turns away what is not exactly the key', () => {
    const keys = createKeys(store, clock);
    const { key, id } = keys.create({ name: 'x' });
    const other = keys.create({ name: 'y' });
    const wrong = [
      '',
      'blk',
      key.slice(0, -1),
      `${key}A`,
      `blk_${id}_${'A'.repeat(43)}`,
      `blk_${other.id}_${key.slice(-43)}`,
      `blk_0000000000000000_${key.slice(-43)}`,
      key.toUpperCase(),
    ];
    expect(wrong.map((presented) => keys.verify(presented))).toEqual(wrong.map(() => null));
  });

  it('ends a key for good, once, and for every process that uses the store', () => {
    const keys = createKeys(store, clock);
    const elsewhere = createKeys(store, clock);
    const { key, id } = keys.create({ name: 'x' });
    expect(elsewhere.stillValid(id)).not.toBeNull();
    expect(keys.revoke(id)).toBe(true);
    expect(keys.revoke(id)).toBe(false);
    expect(elsewhere.verify(key)).toBeNull();
    expect(elsewhere.stillValid(id)).toBeNull();
    expect(keys.list()).toMatchObject([{ id, revokedAt: 1_700_000_000_000 }]);
  });
});
