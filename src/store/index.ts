/** Our own SQLite file: pragmas, migrations, transactions, and the lock that keeps a second daemon out. */
export { lockInstance } from './instance-lock.ts';
export { createMeta } from './meta.ts';
export { openStore } from './store.ts';
export type { Durability, Store } from './store.ts';
