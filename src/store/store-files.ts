import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The store, by its name in the data folder. SQLite lays `-wal` and `-shm` beside it. */
export const STORE_FILE = 'blueline.db';
/** A whole new store that is to take the place of the one that is there. */
const READY_FILE = `${STORE_FILE}.ready`;
/** A new store that is still being made. */
const UNFINISHED_FILE = `${STORE_FILE}.unfinished`;
/** Stores that another one has taken the place of; they stay until a person moves or deletes them. */
const ASIDE = new RegExp(`^${STORE_FILE}\\.(?:damaged|replaced)-\\d{8}-\\d{6}$`, 'u');

export function storeFiles(folder: string) {
  const path = (name: string) => join(folder, name);
  return {
    store: path(STORE_FILE),
    ready: path(READY_FILE),
    unfinished: path(UNFINISHED_FILE),
    /** Lies there where an earlier run came upon damage: the next start looks at all of the store. */
    suspicion: path(`${STORE_FILE}.suspect`),
  };
}

/** What a store is called that is set aside at that moment (Unix ms; the name tells it in UTC), by what takes its place. */
export function asideName(by: 'rebuilt' | 'restored', at: number): string {
  const stamp = new Date(at)
    .toISOString()
    .replaceAll(/[-:]|\.\d+Z/gu, '')
    .replace('T', '-');
  return `${STORE_FILE}.${by === 'rebuilt' ? 'damaged' : 'replaced'}-${stamp}`;
}

/** The names of the stores in the folder that were set aside, the oldest first. */
export function setAsideStores(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => ASIDE.test(name))
    .toSorted();
}

/** Removes a store that nobody has open, and what SQLite has laid beside it: over another file it would be wrong. */
export function removeStore(path: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) {
    rmSync(`${path}${suffix}`, { force: true });
  }
}

/**
 * Gives a store another name in its folder, and what SQLite has laid beside it with it. The file itself goes first: a
 * WAL without its file is nothing to SQLite, but a file without its WAL would lack what was committed last.
 */
export function moveStore(from: string, name: string): void {
  const to = join(dirname(from), name);
  for (const suffix of ['', '-wal', '-shm']) {
    if (existsSync(`${from}${suffix}`)) {
      renameSync(`${from}${suffix}`, `${to}${suffix}`);
    }
  }
}
