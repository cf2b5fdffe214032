import { constants } from 'node:fs';
import { open, realpath, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';

/** A file that may be served. Whoever opened it closes the handle. */
export interface OpenedFile {
  readonly handle: FileHandle;
  readonly size: number;
  /** Unix time in milliseconds. */
  readonly modifiedAt: number;
  /** Differs when the file is another one or has been written since. */
  readonly version: string;
}

/** Why a path is not opened. */
export type PathRefusal = 'missing' | 'outside' | 'not_a_file' | 'database' | 'unreadable';

export type OpenResult =
  | { readonly outcome: 'opened'; readonly file: OpenedFile }
  | { readonly outcome: 'refused'; readonly reason: PathRefusal };

/** Folders of Messages that its owner may have moved elsewhere and left a link in place of. */
const MOVABLE = ['Attachments', 'StickerCache'] as const;

/**
 * Opens the file that a row names, if it is a regular file within Messages' folders once every link is resolved. The
 * row is not trusted, whatever it says. The database's own files are never opened: closing a descriptor on them would
 * drop SQLite's locks in this process (POSIX fcntl locks belong to the process).
 */
export async function openWithin(databasePath: string, path: string): Promise<OpenResult> {
  if (!isAbsolute(path) || path.includes('\0')) {
    return refused('outside');
  }
  const folder = dirname(resolve(databasePath));
  const real = await realpath(path).catch(() => null);
  if (real === null) {
    return refused(isInside(resolve(path), [folder]) ? 'missing' : 'outside');
  }
  if (!isInside(real, await realRoots(folder))) {
    return refused('outside');
  }
  const before = await stat(real, { bigint: true }).catch(() => null);
  if (before === null) {
    return refused('missing');
  }
  if (!before.isFile()) {
    return refused('not_a_file');
  }
  if (basename(real).startsWith(basename(databasePath)) || (await isOfDatabase(before, databasePath))) {
    return refused('database');
  }
  return openSame(real, before);
}

/** Opens what was just looked at, or nothing: between the two looks another file may have taken the name. */
async function openSame(path: string, expected: FileIdentity): Promise<OpenResult> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const handle = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => null);
  if (handle === null) {
    return refused('unreadable');
  }
  try {
    const found = await handle.stat({ bigint: true });
    const isStillThere = (await realpath(path).catch(() => null)) === path;
    if (found.isFile() && isSame(found, expected) && isStillThere) {
      return {
        outcome: 'opened',
        file: {
          handle,
          size: Number(found.size),
          modifiedAt: Number(found.mtimeMs),
          version: [found.ino, found.size, found.mtimeNs].map((value) => value.toString(36)).join('-'),
        },
      };
    }
  } catch {
    // A file that cannot be examined is not served.
  }
  await handle.close();
  return refused('not_a_file');
}

interface FileIdentity {
  readonly dev: bigint;
  readonly ino: bigint;
}

function isSame(a: FileIdentity, b: FileIdentity): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/** By identity: a hard link has the same file under another name. */
async function isOfDatabase(file: FileIdentity, databasePath: string): Promise<boolean> {
  const own = await Promise.all(
    ['', '-wal', '-shm', '-journal'].map((suffix) =>
      stat(`${databasePath}${suffix}`, { bigint: true }).catch(() => null),
    ),
  );
  return own.some((one) => one !== null && isSame(one, file));
}

async function realRoots(folder: string): Promise<string[]> {
  const roots = await Promise.all(
    [folder, ...MOVABLE.map((name) => join(folder, name))].map((root) => realpath(root).catch(() => null)),
  );
  return roots.filter((root) => root !== null);
}

function isInside(path: string, roots: readonly string[]): boolean {
  return roots.some((root) => path.startsWith(root + sep));
}

function refused(reason: PathRefusal): OpenResult {
  return { outcome: 'refused', reason };
}
