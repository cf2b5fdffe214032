/** Our own SQLite file: pragmas, migrations, transactions, the lock that keeps a second daemon out, and what becomes of it when it breaks. */
export { backUpStore } from './back-up.ts';
export { checkStore } from './check-store.ts';
export { describeStore } from './describe-store.ts';
export { lockInstance } from './instance-lock.ts';
export { keepCheckpointed } from './keep-checkpointed.ts';
export { mendStore } from './mend-store.ts';
export { createMeta, type Meta } from './meta.ts';
export { NEWS_FACT, parseNews, type StoreNews } from './replace-store.ts';
export { restoreBackup } from './restore-backup.ts';
export { restoreStore, saveStore } from './saved-store.ts';
export { setAsideStores } from './store-files.ts';
export { openStore } from './store.ts';
export type { Durability, Store } from './store.ts';
