import { closeSync, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { Lost } from './lost.ts';

/**
 * The `-wal` file. SQLite keeps no locks on it, so unlike the other two it may be closed and opened again: it is
 * followed by its name as soon as another file has taken that.
 */
export class WalFile {
  readonly #path: string;
  #fd: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** @returns how many bytes were there; 0 without a file */
  read(bytes: Uint8Array, offset: number, length: number, position: number): number {
    if (this.#fd === null) {
      this.reopen();
    }
    return this.#fd === null ? 0 : readFully(this.#fd, bytes, offset, length, position);
  }

  /** Opens the file that has the name now. @returns whether it is another one than before */
  reopen(): boolean {
    const named = statSync(this.#path, { throwIfNoEntry: false, bigint: true });
    if (named === undefined) {
      return false;
    }
    if (this.#fd !== null) {
      const open = fstatSync(this.#fd, { bigint: true });
      if (open.ino === named.ino && open.dev === named.dev) {
        return false;
      }
      closeSync(this.#fd);
      this.#fd = null;
    }
    this.#fd = openIfThere(this.#path);
    return this.#fd !== null;
  }
}

/** A descriptor for reading, or `null` if there is no such file. */
export function openIfThere(path: string): number | null {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}

/** `readSync` until `length` bytes or the end of the file. */
export function readFully(
  fd: number,
  bytes: Uint8Array,
  offset: number,
  length: number,
  position: number,
): number {
  let done = 0;
  try {
    while (done < length) {
      const read = readSync(fd, bytes, offset + done, length - done, position + done);
      if (read === 0) {
        break;
      }
      done += read;
    }
  } catch (error) {
    throw new Lost('database_unreadable', error);
  }
  return done;
}
