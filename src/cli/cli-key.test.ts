import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { SCOPES } from '../contract/index.ts';
import { createKeys, type Keys } from '../http/index.ts';
import { systemClock } from '../runtime/index.ts';
import { openStore, type Store } from '../store/index.ts';
import { ensureCliKey, readCliKey } from './cli-key.ts';

let folder = '';
let store: Store;
let keys: Keys;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'blueline-clikey-'));
  store = openStore(folder);
  keys = createKeys(store, systemClock());
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

const valid = () => keys.list().filter((key) => key.revokedAt === null);

describe('ensureCliKey', () => {
  it('makes a key that grants everything, for the owner alone, and keeps it from then on', () => {
    ensureCliKey(folder, keys);
    const key = readCliKey(folder);
    expect(keys.verify(key ?? '')).toMatchObject({ scopes: SCOPES, lines: null });
    chmodSync(join(folder, 'cli.key'), 0o644);
    ensureCliKey(folder, keys);
    expect(readCliKey(folder)).toBe(key);
    expect(statSync(join(folder, 'cli.key')).mode & 0o777).toBe(0o600);
    expect(valid()).toHaveLength(1);
  });

  it('replaces a key that is lost, wrong or revoked, and revokes the one before', () => {
    ensureCliKey(folder, keys);
    const [first] = valid();
    writeFileSync(join(folder, 'cli.key'), 'blk_broken\n');
    ensureCliKey(folder, keys);
    expect(valid().map(({ name }) => name)).toEqual(['cli']);
    expect(keys.stillValid(first?.id ?? '')).toBeNull();
    keys.revoke(valid()[0]?.id ?? '');
    ensureCliKey(folder, keys);
    expect(keys.verify(readCliKey(folder) ?? '')).not.toBeNull();
  });

  it('replaces a key that lacks a scope, as after an update that brought one', () => {
    const { key } = keys.create({ name: 'cli', scopes: ['messages:read'] });
    writeFileSync(join(folder, 'cli.key'), key);
    ensureCliKey(folder, keys);
    expect(keys.verify(key)).toBeNull();
    expect(keys.verify(readCliKey(folder) ?? '')?.scopes).toEqual(SCOPES);
  });
});
