import {
  constants,
  mkdtempSync,
  openSync,
  readSync,
  closeSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { chmod, copyFile, link } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BluelineError, errorCode } from '../runtime/index.ts';

/** A database that can be opened without a trace being left where it lies. */
export interface ReadablePlace {
  /** What SQLite is to open. */
  readonly path: string;
  /** The database that was asked for, symbolic links followed. */
  readonly original: string;
  /**
   * To be asked when all has been read.
   * @throws BluelineError `messages_db_changing` if the database was written to meanwhile, so that what was read may
   *   belong to two moments.
   */
  verify(): void;
  /** Removes what was made; harmless when called again. */
  release(): void;
}

/** SQLite file format §1.3: every database begins with these 16 bytes. */
const MAGIC = Buffer.from('SQLite format 3\0', 'latin1');
/** SQLite file format §4.1: magic, version, page size, checkpoint number, two salts, two checksums. */
const WAL_HEADER_BYTES = 32;
/** A program that writes all the time may spoil a copy; no real one does it this often in a row. */
const COPY_ATTEMPTS = 5;

/**
 * Finds a place to read `database` from.
 *
 * SQLite cannot read a database in WAL mode without a `-shm` beside it, and where there is none it makes one (and a
 * `-wal`) and leaves both. It refuses where the folder cannot be written. So a database is copied with its `-wal` to
 * a private folder, and the copy is read; on APFS that is a clone, which takes neither time nor space. A database that
 * nobody has open, and so has neither file beside it, is not even copied: it gets a second name in that folder, where
 * SQLite then puts its own two. Only a database that Messages has open (`isLive`, and both files are there) is read
 * where it lies.
 *
 * @throws BluelineError `messages_db_missing`, `messages_db_unreadable`, `messages_db_invalid`, `export_no_space`,
 *   `messages_db_changing`
 */
export async function readablePlace(
  database: string,
  options: { readonly isLive: () => Promise<boolean>; readonly temporary?: string },
): Promise<ReadablePlace> {
  const original = regularFile(database);
  const isOpenedElsewhere = stamp(`${original}-wal`) !== null && stamp(`${original}-shm`) !== null;
  if (isOpenedElsewhere && (await options.isLive())) {
    return { path: original, original, verify: () => undefined, release: () => undefined };
  }
  const folder = mkdtempSync(join(options.temporary ?? tmpdir(), 'blueline-export-'));
  const release = () => rmSync(folder, { recursive: true, force: true });
  try {
    const path = join(folder, 'chat.db');
    const before = quiet(original);
    if (before !== null && (await isLinked(original, path))) {
      const verify = () => {
        if (quiet(original) !== before) {
          throw changing();
        }
      };
      return { path, original, verify, release };
    }
    await copyUnchanged(original, path);
    return { path, original, verify: () => undefined, release };
  } catch (error) {
    release();
    throw error;
  }
}

/** Every name by which the database's files can be reached: what an export must never write to. */
export function filesOf(database: string): readonly string[] {
  return ['', '-wal', '-shm', '-journal'].map((suffix) => `${database}${suffix}`);
}

/** The database's state, if no file beside it tells that a program has it open or left something half done; else `null`. */
function quiet(original: string): string | null {
  const isAlone = ['-wal', '-shm', '-journal'].every((suffix) => stamp(`${original}${suffix}`) === null);
  return isAlone ? stamp(original) : null;
}

/** A second name costs nothing, but needs the same disk, and a system that allows it. */
async function isLinked(original: string, path: string): Promise<boolean> {
  try {
    await link(original, path);
    return true;
  } catch {
    return false;
  }
}

function regularFile(database: string): string {
  try {
    const path = realpathSync(database);
    if (!statSync(path).isFile() || !head(path, MAGIC.length).equals(MAGIC)) {
      throw new BluelineError('messages_db_invalid', 'The file is no SQLite database.', {
        advice: 'Name a chat.db, or a copy of one.',
      });
    }
    return path;
  } catch (error) {
    throw fileError(error);
  }
}

/**
 * Copies the database and its WAL as they were at one moment. Only a checkpoint writes to the database, and it is
 * followed by a WAL with new salts: both unchanged over the copy means that the two belong together. What was
 * appended to the WAL meanwhile has its own checksums, by which SQLite leaves out a half-copied commit.
 */
async function copyUnchanged(original: string, path: string): Promise<void> {
  for (let attempt = 0; attempt < COPY_ATTEMPTS; attempt += 1) {
    const before = state(original);
    rmSync(`${path}-wal`, { force: true });
    await copy(original, path);
    const hasWal = stamp(`${original}-wal`) !== null && (await copyIfThere(`${original}-wal`, `${path}-wal`));
    const hasJournal = await copyIfThere(`${original}-journal`, `${path}-journal`);
    if (before === state(original) && hasWal === before.includes('wal') && !hasJournal) {
      return;
    }
    if (hasJournal) {
      throw new BluelineError(
        'messages_db_invalid',
        'A half-finished write of another program lies beside the database.',
        {
          advice: 'Open the database once with the program that wrote it, then copy it again.',
        },
      );
    }
  }
  throw changing();
}

function changing(): BluelineError {
  return new BluelineError('messages_db_changing', 'The database is being written to.', {
    advice: 'Quit the program that writes to it, or try again.',
  });
}

function state(original: string): string {
  const wal =
    stamp(`${original}-wal`) === null
      ? ''
      : `wal ${head(`${original}-wal`, WAL_HEADER_BYTES).toString('hex')}`;
  return `${stamp(original) ?? ''} ${wal}`;
}

function stamp(path: string): string | null {
  try {
    const { dev, ino, size, mtimeNs } = statSync(path, { bigint: true });
    return `${dev}:${ino}:${size}:${mtimeNs}`;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return null;
    }
    throw fileError(error);
  }
}

/** No connection to the file is open in this process yet, so closing the descriptor drops nobody's locks. */
function head(path: string, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  let descriptor: number | null = null;
  try {
    descriptor = openSync(path, 'r');
    return bytes.subarray(0, readSync(descriptor, bytes, 0, length, 0));
  } catch (error) {
    throw fileError(error);
  } finally {
    if (descriptor !== null) {
      closeSync(descriptor);
    }
  }
}

async function copy(from: string, to: string): Promise<void> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, 0o600);
  } catch (error) {
    throw fileError(error);
  }
}

async function copyIfThere(from: string, to: string): Promise<boolean> {
  try {
    await copyFile(from, to, constants.COPYFILE_FICLONE);
    await chmod(to, 0o600);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return false;
    }
    throw fileError(error);
  }
}

function fileError(error: unknown): unknown {
  if (error instanceof BluelineError) {
    return error;
  }
  switch (errorCode(error)) {
    case 'ENOENT':
    case 'ENOTDIR':
      return new BluelineError('messages_db_missing', 'There is no database at that path.', { cause: error });
    case 'ENOSPC':
    case 'EDQUOT':
      return new BluelineError(
        'export_no_space',
        'The disk has no room for a copy of the database to read from.',
        {
          advice: 'Make room, or let TMPDIR name a folder on another disk.',
          cause: error,
        },
      );
    case 'EACCES':
    case 'EPERM':
      return new BluelineError(
        'messages_db_unreadable',
        'The database cannot be read: permission was refused.',
        {
          advice:
            'For the database of Messages itself, give Full Disk Access to the terminal: System Settings › Privacy & Security.',
          cause: error,
        },
      );
    default:
      return error;
  }
}
