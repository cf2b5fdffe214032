import type { Store } from '../../src/store/index.ts';

/**
 * Has SQLite refuse each write to a store, as it does on a disk that is full to the last byte: a limit of pages alone
 * lets through what still fits into the last ones.
 */
export function fillDisk({ db }: Store): { readonly free: () => void } {
  db.pragma('query_only = ON');
  return { free: () => void db.pragma('query_only = OFF') };
}
