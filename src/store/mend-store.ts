import { existsSync, rmSync } from 'node:fs';
import { carryOver, factsOf, KEPT_AT_REBUILD } from './carry-over.ts';
import { inspectStore } from './inspect-store.ts';
import { finishReplacing, replaceStoreNow } from './replace-store.ts';
import { storeFiles } from './store-files.ts';
import { unusable } from './unusable.ts';

/**
 * What is done about the store of a data folder before it is opened, by who holds the folder: a replacement that was
 * cut off is ended, and a store that is damaged is set aside for a new one, which takes over what is still whole of it.
 * What chat.db tells is found from there again. The new store says so itself (`NEWS_FACT`).
 * @param at Unix ms
 * @throws BluelineError `store_unusable` where the store cannot be looked at or no other can be made (a full disk, a
 *   missing permission): nothing has been set aside then.
 */
export function mendStore(folder: string, at: number): void {
  const { store, suspicion } = storeFiles(folder);
  try {
    finishReplacing(folder);
    if (!existsSync(store)) {
      return;
    }
    if (inspectStore(store, { isThorough: existsSync(suspicion) }).outcome === 'damaged') {
      replaceStoreNow(folder, { kind: 'rebuilt', at }, (db) => {
        const set = db.prepare<[string, string]>('INSERT INTO meta (key, value) VALUES (?, ?)');
        for (const [key, value] of factsOf(store)) {
          set.run(key, value);
        }
        const carried = carryOver(store, db, KEPT_AT_REBUILD);
        // The journal begins anew, and they with it.
        db.exec('UPDATE webhooks SET cursor = 0');
        return carried;
      });
    }
    rmSync(suspicion, { force: true });
  } catch (error) {
    throw unusable(error);
  }
}
