import { existsSync, renameSync, statSync, writeFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { isDamage } from './damage.ts';
import { formOf } from './migrate.ts';
import { quickCheck } from './quick-check.ts';
import { removeStore, storeFiles } from './store-files.ts';

/** Pages copied at a time, of 4 KiB: in between, progress is told and a signal is heard. */
const PAGES = 2_000;

/** What a store holds, in figures. */
export interface BackupFigures {
  /** The step of its schema. */
  readonly form: number;
  /** The newest sequence of its journal; 0 of an empty one. */
  readonly head: number;
  readonly events: number;
  readonly commands: number;
}

export interface CopyProgress {
  readonly pages: number;
  readonly of: number;
}

export interface BackupOptions {
  readonly onProgress: (progress: CopyProgress) => void;
  readonly signal: AbortSignal;
}

/**
 * Copies the store of a data folder into one file for its owner alone, whether a daemon writes to it or not: as it
 * stood at one moment, which is held for as long as the copy takes. Looked through before it gets its name.
 * @throws BluelineError `store_missing`, `file_exists`, `store_damaged`, `backup_failed`; DOMException on abort.
 */
export async function backUpStore(
  folder: string,
  to: string,
  options: BackupOptions,
): Promise<BackupFigures & { readonly bytes: number }> {
  const { store } = storeFiles(folder);
  if (!existsSync(store)) {
    throw new BluelineError('store_missing', 'There is no store in the data folder.', {
      advice: 'BLUELINE_HOME names another data folder.',
    });
  }
  if (existsSync(to)) {
    throw new BluelineError('file_exists', 'There is a file of that name, which is not overwritten.', {
      advice: 'Choose another name, or move that file away.',
    });
  }
  const partial = `${to}.partial`;
  removeStore(partial);
  try {
    const figures = await copyStore(store, partial, options);
    options.signal.throwIfAborted();
    verify(partial, figures);
    const { size } = statSync(partial);
    renameSync(partial, to);
    return { ...figures, bytes: size };
  } catch (error) {
    removeStore(partial);
    throw options.signal.aborted || error instanceof BluelineError ? error : copyFailed(error);
  }
}

/** Copies a store as it stands at this moment into a file that is not there yet, and says what it held. */
export async function copyStore(
  from: string,
  to: string,
  { onProgress, signal }: BackupOptions,
): Promise<BackupFigures> {
  const db = new Database(from, { readonly: true, fileMustExist: true });
  try {
    // Held to the end: else every commit of a busy daemon would have the copy begin anew.
    db.exec('BEGIN');
    const figures = figuresOf(db);
    await copyPages(db, to, {
      progress: ({ totalPages, remainingPages }) => {
        signal.throwIfAborted();
        onProgress({ pages: totalPages - remainingPages, of: totalPages });
        return PAGES;
      },
    });
    return figures;
  } finally {
    db.close();
  }
}

/** Copies what a connection sees into a file that is not there yet; from its first byte on it is for its owner alone. */
export async function copyPages(
  db: Database.Database,
  to: string,
  options?: Database.BackupOptions,
): Promise<void> {
  writeFileSync(to, '', { mode: 0o600, flag: 'wx' });
  await db.backup(to, options);
}

/** @throws what SQLite throws where the file is no store of ours */
export function figuresOf(db: Database.Database): BackupFigures {
  const count = (sql: string) => db.prepare<[], number>(sql).pluck().get() ?? 0;
  return {
    form: formOf(db),
    head: count("SELECT seq FROM sqlite_sequence WHERE name = 'journal'"),
    events: count('SELECT COUNT(*) FROM journal'),
    commands: count('SELECT COUNT(*) FROM commands'),
  };
}

function verify(path: string, expected: BackupFigures): void {
  const db = new Database(path, { fileMustExist: true });
  try {
    // A file that needs no others beside it.
    db.pragma('journal_mode = DELETE');
    const found = quickCheck(db);
    if (found !== null) {
      throw damaged(new Error(found));
    }
    if (JSON.stringify(figuresOf(db)) !== JSON.stringify(expected)) {
      throw copyFailed(new Error('The copy holds something else.'));
    }
  } finally {
    db.close();
  }
}

function copyFailed(cause: unknown): BluelineError {
  return isDamage(cause)
    ? damaged(cause)
    : new BluelineError('backup_failed', `The store could not be copied (${errorCode(cause)}).`, {
        advice: 'Look whether there is room and permission where the copy is to be, and in the data folder.',
        cause,
      });
}

function damaged(cause: unknown): BluelineError {
  return new BluelineError('store_damaged', 'The store is damaged; no copy of it was kept.', {
    advice:
      'Restart the daemon: it sets the store aside and makes a new one, with all that is still whole of it. ' +
      '`blueline restore` goes back to an earlier copy.',
    cause,
  });
}
