import { join } from 'node:path';
import { SCOPES } from '../contract/index.ts';
import type { Keys } from '../http/index.ts';
import { readIfThere, writePrivateFile } from './private-file.ts';

/** The name of the key that the commands use; nobody else's key may bear it. */
export const CLI_KEY_NAME = 'cli';

/** The key that the daemon made for the commands, or `null` before its first start. */
export function readCliKey(folder: string): string | null {
  const key = readIfThere(pathIn(folder))?.trim() ?? '';
  return key === '' ? null : key;
}

/** Sees to it that `cli.key` holds a key that grants everything; one that no longer does is replaced and revoked. */
export function ensureCliKey(folder: string, keys: Keys): void {
  const present = readCliKey(folder);
  const grant = present === null ? null : keys.verify(present);
  if (present !== null && grant?.lines === null && SCOPES.every((scope) => grant.scopes.includes(scope))) {
    // Once more, for its mode: it may have been copied here from a backup.
    writePrivateFile(pathIn(folder), `${present}\n`);
    return;
  }
  const old = keys.list().filter(({ name, revokedAt }) => name === CLI_KEY_NAME && revokedAt === null);
  const { key } = keys.create({ name: CLI_KEY_NAME, scopes: SCOPES, lines: null });
  writePrivateFile(pathIn(folder), `${key}\n`);
  for (const { id } of old) {
    keys.revoke(id);
  }
}

function pathIn(folder: string): string {
  return join(folder, 'cli.key');
}
