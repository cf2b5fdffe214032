import { statSync } from 'node:fs';
import Database from 'better-sqlite3';
import { BluelineError, errorCode } from '../runtime/index.ts';

const FULL_DISK_ACCESS =
  'Give Full Disk Access to the program that runs Blueline: System Settings › Privacy & Security › Full Disk Access.';

/** What SQLite or the file system said of Apple's file, in the words of the bridge. Other errors are handed through. */
export function messagesDbError(error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) {
    return error;
  }
  const code = error.code;
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return new BluelineError('messages_db_locked', 'The database of Messages is locked by another program.', {
      advice: 'It is tried again. If it stays so, quit what else has chat.db open.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB' || code === 'SQLITE_ERROR') {
    return invalidDatabase(error);
  }
  return unreadableDatabase(error);
}

/** In place of a side file that is not there. */
const NO_FILE = '-';

/**
 * Which files lie at the path now: the database, and beside it the WAL and its index, as `device:inode`.
 * @throws BluelineError `messages_db_missing`, `messages_db_unreadable`, `messages_db_invalid` (no regular file)
 */
export function identifyFiles(path: string): { readonly fileId: string; readonly filesId: string } {
  const fileId = inode(path);
  return { fileId, filesId: withSideFiles(fileId, path) };
}

/** The same as one word; `null` where nothing lies. */
export function filesAt(path: string): string | null {
  const fileId = inodeOrNull(path);
  return fileId === null ? null : withSideFiles(fileId, path);
}

function withSideFiles(fileId: string, path: string): string {
  const besides = ['-wal', '-shm'].map((suffix) => inodeOrNull(`${path}${suffix}`) ?? NO_FILE);
  return [fileId, ...besides].join(' ');
}

/** Whether each file of `before` still lies at its name in `after`, both from `filesAt`; side files may have come. */
export function areStillThere(before: string | null, after: string | null): boolean {
  if (before === null || after === null) {
    return false;
  }
  const now = after.split(' ');
  return before.split(' ').every((file, index) => file === NO_FILE || file === now[index]);
}

function inode(path: string): string {
  try {
    const { dev, ino, isFile } = describe(path);
    if (!isFile) {
      throw invalidDatabase(undefined);
    }
    return `${dev}:${ino}`;
  } catch (error) {
    if (error instanceof BluelineError) {
      throw error;
    }
    const code = errorCode(error);
    throw code === 'ENOENT' || code === 'ENOTDIR' ? missingDatabase(error) : unreadableDatabase(error);
  }
}

function inodeOrNull(path: string): string | null {
  try {
    const { dev, ino } = describe(path);
    return `${dev}:${ino}`;
  } catch {
    return null;
  }
}

function describe(path: string): { readonly dev: bigint; readonly ino: bigint; readonly isFile: boolean } {
  // An APFS inode number may exceed what a double holds.
  const stats = statSync(path, { bigint: true });
  return { dev: stats.dev, ino: stats.ino, isFile: stats.isFile() };
}

function missingDatabase(cause: unknown): BluelineError {
  return new BluelineError(
    'messages_db_missing',
    'There is no database of Messages at the configured path.',
    {
      advice: 'Open Messages once and sign in, or set messages.db to the path of chat.db.',
      cause,
    },
  );
}

function unreadableDatabase(cause: unknown): BluelineError {
  return new BluelineError('messages_db_unreadable', 'The database of Messages cannot be opened.', {
    advice: FULL_DISK_ACCESS,
    cause,
  });
}

function invalidDatabase(cause: unknown): BluelineError {
  return new BluelineError('messages_db_invalid', 'The file is no database of Messages, or it is damaged.', {
    advice: 'Let messages.db name the chat.db of the user that Messages runs as.',
    ...(cause === undefined ? {} : { cause }),
  });
}
