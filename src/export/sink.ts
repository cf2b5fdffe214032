import { randomBytes } from 'node:crypto';
import {
  closeSync,
  constants,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Writable } from 'node:stream';
import { BluelineError, errorCode } from '../runtime/index.ts';
import { filesOf } from './private-copy.ts';

/** Where an export goes, a large piece at a time. */
export interface Sink {
  /**
   * Takes a piece; a promise asks the caller to wait until there is room for the next. Bytes are the caller's again
   * after that.
   * @throws BluelineError `export_disk_full`, `export_write_failed`
   */
  write(piece: string | Uint8Array): Promise<void> | undefined;
  /** Everything has been written: makes it last. */
  finish(): Promise<void>;
  /** It will never be complete: leaves nothing behind. Harmless after `finish`. */
  abandon(): void;
  /** Nobody reads any more (`| head`): the rest need not be made. */
  readonly isClosed: boolean;
}

/**
 * A file that is there whole or not at all: written under another name in the same folder, readable by its owner
 * alone, then renamed over whatever had the name. What is no regular file (`/dev/null`, a named pipe) is written to.
 * @param database what is exported: a file that belongs to it is refused
 * @throws BluelineError `export_write_failed`, `export_over_database`
 */
export function openFileSink(path: string, database: string): Sink {
  const target = followed(path);
  if (filesOf(database).includes(placeOf(target.path))) {
    throw new BluelineError('export_over_database', 'The output would overwrite the database.', {
      advice: 'Name another file with --out.',
    });
  }
  const draft = target.isPlain ? `${target.path}.${randomBytes(6).toString('hex')}.part` : null;
  let descriptor: number | null = open(draft ?? target.path, draft !== null);
  const close = () => {
    if (descriptor !== null) {
      const open = descriptor;
      descriptor = null;
      closeSync(open);
    }
  };
  return {
    isClosed: false,
    write: (piece) => {
      if (descriptor !== null) {
        writeAll(descriptor, typeof piece === 'string' ? Buffer.from(piece, 'utf8') : piece);
      }
      return undefined;
    },
    finish: () =>
      Promise.resolve().then(() => {
        try {
          if (draft !== null && descriptor !== null) {
            fsyncSync(descriptor);
            close();
            renameSync(draft, target.path);
          }
          close();
        } catch (error) {
          throw writeError(error);
        }
      }),
    abandon: () => {
      // Once renamed, the draft's name is free: there is nothing to remove.
      close();
      if (draft !== null) {
        rmSync(draft, { force: true });
      }
    },
  };
}

/** A pipe, a terminal or a redirected output, which stays open. Waits while its reader is slower. */
export function openStreamSink(stream: Writable): Sink {
  let failure: unknown = null;
  const fail = (error: unknown) => {
    failure ??= error;
  };
  stream.on('error', fail);
  const isClosed = () => (failure === null ? stream.destroyed : errorCode(failure) === 'EPIPE');
  const check = () => {
    if (failure !== null && !isClosed()) {
      throw writeError(failure);
    }
  };
  return {
    get isClosed() {
      return isClosed();
    },
    write: (piece) => {
      check();
      if (isClosed()) {
        return undefined;
      }
      if (typeof piece !== 'string') {
        return flushed(stream, piece).then(check);
      }
      return stream.write(piece) ? undefined : drained(stream).then(check);
    },
    finish: async () => {
      if (!isClosed()) {
        await flushed(stream, '');
      }
      check();
    },
    abandon: () => undefined,
  };
}

/** `drain` comes only after a write that was refused: what is left of one that was taken has to be asked after. */
function flushed(stream: Writable, last: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    stream.write(last, () => resolve());
  });
}

function drained(stream: Writable): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      for (const event of ['drain', 'close', 'error']) {
        stream.off(event, done);
      }
      resolve();
    };
    for (const event of ['drain', 'close', 'error']) {
      stream.on(event, done);
    }
  });
}

function followed(path: string): { readonly path: string; readonly isPlain: boolean } {
  try {
    const real = realpathSync(path);
    const stats = statSync(real);
    if (stats.isDirectory()) {
      throw new BluelineError('export_write_failed', 'The output names a folder, not a file.');
    }
    return { path: real, isPlain: stats.isFile() };
  } catch (error) {
    if (errorCode(error) === 'ENOENT') {
      return { path, isPlain: true };
    }
    throw writeError(error);
  }
}

/** The path with every folder's symbolic links followed: the file itself may not be there yet. */
function placeOf(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch {
    return path;
  }
}

function open(path: string, isNew: boolean): number {
  try {
    const { O_WRONLY, O_CREAT, O_EXCL } = constants;
    return openSync(path, isNew ? O_WRONLY | O_CREAT | O_EXCL : O_WRONLY, 0o600);
  } catch (error) {
    throw writeError(error);
  }
}

function writeAll(descriptor: number, bytes: Uint8Array): void {
  try {
    let at = 0;
    while (at < bytes.length) {
      at += writeSync(descriptor, bytes, at);
    }
  } catch (error) {
    throw writeError(error);
  }
}

function writeError(error: unknown): unknown {
  if (error instanceof BluelineError) {
    return error;
  }
  const code = errorCode(error);
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new BluelineError('export_disk_full', 'The disk is full: the export is not complete.', {
      advice: 'Make room, or write to another disk, and export again.',
      cause: error,
    });
  }
  return new BluelineError('export_write_failed', `The output cannot be written (${code}).`, {
    cause: error,
  });
}
