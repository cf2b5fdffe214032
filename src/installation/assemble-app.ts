import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { AppFile } from './app-files.ts';

/** Files that are copied at the same time; each takes two descriptors. */
const AT_ONCE = 32;

/**
 * Makes the folder of the app anew out of its files: nothing of what was there before stays. The result needs nothing
 * outside of itself, neither packages nor Node.
 */
export async function assembleApp(files: readonly AppFile[], to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  const folders = new Set(files.map((file) => dirname(join(to, file.to))));
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
  }
  const copy = async (file: AppFile) => {
    const path = join(to, file.to);
    await copyFile(file.from, path, constants.COPYFILE_FICLONE);
    await chmod(path, file.to === 'bin/node' ? 0o755 : 0o644);
  };
  for (let at = 0; at < files.length; at += AT_ONCE) {
    await Promise.all(files.slice(at, at + AT_ONCE).map(copy));
  }
}
