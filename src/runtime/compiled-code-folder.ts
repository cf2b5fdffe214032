import { getCompileCacheDir } from 'node:module';
import { dirname } from 'node:path';

/** Where Node keeps what it has compiled, as `NODE_COMPILE_CACHE` names it; `undefined` where it keeps nothing. */
export function compiledCodeFolder(): string | undefined {
  // Node names the folder of its own version within the one that was set.
  const folder = getCompileCacheDir();
  return folder === undefined ? undefined : dirname(folder);
}
