/** Our own SQLite file: pragmas, migrations, transactions, and the lock that keeps a second daemon out. */
export { checkStore } from './check-store.ts';
export { describeStore } from './describe-store.ts';
export { lockInstance } from './instance-lock.ts';
export { createMeta, type Meta } from './meta.ts';
export { restoreStore, saveStore } from './saved-store.ts';
export { openStore } from './store.ts';
export type { Durability, Store } from './store.ts';
