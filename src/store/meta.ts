import type { Store } from './store.ts';

/** Small named facts that must outlive the process: the bridge's id, the epoch. */
export interface Meta {
  get(key: string): string | null;
  set(key: string, value: string): void;
  /** The stored value, or `make()` stored now. */
  ensure(key: string, make: () => string): string;
}

export function createMeta(store: Store): Meta {
  const select = store.db.prepare<[string], { value: string }>('SELECT value FROM meta WHERE key = ?');
  const insert = store.db.prepare<[string, string]>(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT DO NOTHING',
  );
  const upsert = store.db.prepare<[string, string]>(
    'INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value',
  );
  const get = (key: string) => select.get(key)?.value ?? null;
  return {
    get,
    set: (key, value) => void upsert.run(key, value),
    ensure: (key, make) => {
      const value = make();
      insert.run(key, value);
      return get(key) ?? value;
    },
  };
}
