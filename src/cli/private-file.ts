import { chmodSync, readFileSync, renameSync, writeFileSync } from 'node:fs';

/** Writes a file that its owner alone can read; who reads it finds all of it or the one before. */
export function writePrivateFile(path: string, content: string): void {
  const draft = `${path}.${process.pid}.new`;
  writeFileSync(draft, content, { mode: 0o600 });
  // The mode above is for a new file only, and less what the umask takes.
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

/** The file's content, or `null` if there is no such file. */
export function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') {
      return null;
    }
    throw error;
  }
}
