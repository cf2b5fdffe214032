import { fstatSync, statSync } from 'node:fs';
import { Lost } from './lost.ts';
import { openIfThere, readFully } from './wal-file.ts';

/**
 * The descriptors on the database and its `-shm`. They are opened once and NEVER closed: on POSIX, closing any
 * descriptor of a file drops all of the process's locks on it, those of SQLite's connections included
 * (https://www.sqlite.org/howtocorrupt.html, 2.2). So there is no way to close them here, and whoever has to follow
 * another file of the same name starts another process.
 */
export interface RawFiles {
  readonly databaseFd: number;
  readonly indexFd: number;
  /** Whether both names still belong to the files that are open. */
  areCurrent(): boolean;
  isIndexCurrent(): boolean;
}

/** @throws Lost when one of them is not there: SQLite makes the `-shm` when a connection first reads */
export function openRawFiles(databasePath: string): RawFiles {
  const indexPath = `${databasePath}-shm`;
  // The index first: where it is missing, no descriptor is left behind on the database.
  const indexFd = openIfThere(indexPath);
  const databaseFd = indexFd === null ? null : openIfThere(databasePath);
  if (indexFd === null || databaseFd === null) {
    throw new Lost(indexFd === null ? 'index_unreadable' : 'database_unreadable');
  }
  const isIndexCurrent = () => hasName(indexFd, indexPath);
  return {
    databaseFd,
    indexFd,
    isIndexCurrent,
    areCurrent: () => isIndexCurrent() && hasName(databaseFd, databasePath),
  };
}

/** Reads one page of the database file. @throws Lost if it is not there in full */
export function readPage(fd: number, page: number, into: Uint8Array): void {
  if (readFully(fd, into, 0, into.length, (page - 1) * into.length) < into.length) {
    throw new Lost('database_unreadable');
  }
}

/** How many whole pages the file has: without a WAL, the size of the database. */
export function pagesInFile(fd: number, pageSize: number): number {
  return Math.floor(fstatSync(fd).size / pageSize);
}

function hasName(fd: number, path: string): boolean {
  const named = statSync(path, { bigint: true, throwIfNoEntry: false });
  const open = fstatSync(fd, { bigint: true });
  return named !== undefined && named.ino === open.ino && named.dev === open.dev;
}
