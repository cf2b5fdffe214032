import { existsSync } from 'node:fs';
import Database from 'better-sqlite3';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { copyStore, figuresOf, type BackupFigures, type BackupOptions } from './back-up.ts';
import { carryOver, KEPT_AT_RESTORE } from './carry-over.ts';
import { inspectStore } from './inspect-store.ts';
import { migrations } from './migrations.ts';
import { finishReplacing, replaceStore, type StoreNews } from './replace-store.ts';
import { storeFiles } from './store-files.ts';

/**
 * Puts a backup in the place of the store of a data folder, under a new epoch. The store that was there is set aside;
 * what it still knows of commands, requests and keys is taken over, as what has been done since the backup must not be
 * done again. Only for who holds the data folder.
 * @param at Unix ms
 * @throws BluelineError `backup_missing`, `backup_unusable`, `store_too_new`, `restore_failed`; DOMException on abort.
 *   The store that is there has not been touched then.
 */
export async function restoreBackup(
  file: string,
  folder: string,
  options: BackupOptions & { readonly at: number },
): Promise<StoreNews & { readonly figures: BackupFigures; readonly hadStore: boolean }> {
  const figures = inspect(file);
  const { store } = storeFiles(folder);
  try {
    finishReplacing(folder);
    const hadStore = existsSync(store);
    const news = await replaceStore(
      folder,
      { kind: 'restored', at: options.at },
      {
        copy: async (to) => void (await copyStore(file, to, options)),
        carry: (db) =>
          hadStore ? carryOver(store, db, KEPT_AT_RESTORE) : { carried: [], lost: KEPT_AT_RESTORE },
      },
    );
    return { ...news, figures, hadStore };
  } catch (error) {
    if (options.signal.aborted) {
      throw error;
    }
    throw new BluelineError('restore_failed', `The backup could not be put in place (${errorCode(error)}).`, {
      advice: 'The store is as it was. Look whether there is room for one more in the data folder.',
      cause: error,
    });
  }
}

/** What a backup holds, once it is clear that it is one and is whole. */
function inspect(file: string): BackupFigures {
  if (!existsSync(file)) {
    throw new BluelineError('backup_missing', 'There is no such file.');
  }
  let figures: BackupFigures | null = null;
  let reason = '';
  try {
    const check = inspectStore(file, { isThorough: true });
    reason = check.outcome === 'damaged' ? check.found : '';
    figures = check.outcome === 'damaged' ? null : readFigures(file);
  } catch (error) {
    reason = errorCode(error);
  }
  if (figures === null || figures.form === 0) {
    throw new BluelineError('backup_unusable', 'The file is damaged, or is no backup of Blueline.', {
      advice: 'Nothing has been changed. Take another backup.',
      cause: new Error(reason),
    });
  }
  if (figures.form > migrations.length) {
    throw new BluelineError('store_too_new', 'The backup is of a newer version of Blueline.', {
      advice: 'Nothing has been changed. Install that version first.',
    });
  }
  return figures;
}

function readFigures(file: string): BackupFigures {
  const db = new Database(file, { readonly: true, fileMustExist: true });
  try {
    return figuresOf(db);
  } finally {
    db.close();
  }
}
